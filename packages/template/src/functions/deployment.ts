import type { Call, TemplateFunction } from '../call.ts'
import type { Json } from '../value.ts'

/** `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop')`, `copyIndex('loop', offset)` */
function copyIndex(call: Call): Json {
  const { loops } = call.environment
  const isNamed = typeof call.at(0) === 'string'
  const offset = call.count > (isNamed ? 1 : 0) ? call.int(isNamed ? 1 : 0) : 0
  const found = isNamed
    ? loops.findLast(({ name }) => name.toLowerCase() === call.text(0).toLowerCase())
    : loops.findLast(({ isOfResource }) => isOfResource)
  if (found === undefined)
    return call.fail('it is not expected at this location: it is in no such loop')
  return found.index + offset
}

export const deploymentFunctions: Readonly<Record<string, TemplateFunction>> = {
  parameters: {
    takes: [1, 1],
    give: (call) => call.environment.names.parameter(call.text(0)),
  },
  variables: { takes: [1, 1], give: (call) => call.environment.names.variable(call.text(0)) },
  copyIndex: { takes: [0, 2], give: copyIndex },
  deployment: { takes: [0, 0], give: ({ environment }) => environment.context.told.deployment },
  environment: { takes: [0, 0], give: ({ environment }) => environment.context.told.environment },
}
