import { type Call, MANY, type TemplateFunction } from '../call.ts'
import { equal, type Json } from '../value.ts'

const compared = (holds: (order: number) => boolean): TemplateFunction => ({
  takes: [2, 2],
  give: (call) => holds(orderOf(call)),
})

function orderOf(call: Call): number {
  const [a, b] = [call.at(0), call.at(1)]
  if (typeof a === 'number') return a - call.int(1)
  if (typeof a !== 'string') return call.wrong(0, 'int', 'string')
  if (typeof b !== 'string') return call.wrong(1, 'string')
  return a === b ? 0 : a < b ? -1 : 1
}

function boolOf(call: Call): Json {
  const value = call.at(0)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (/^(?:true|false)$/i.test(call.text(0))) return /^t/i.test(call.text(0))
  return call.fail('it is neither true nor false')
}

export const logicFunctions: Readonly<Record<string, TemplateFunction>> = {
  and: { takes: [1, MANY], give: (call) => call.args.every((_, i) => call.bool(i)) },
  or: { takes: [1, MANY], give: (call) => call.args.some((_, i) => call.bool(i)) },
  not: { takes: [1, 1], give: (call) => !call.bool(0) },
  bool: { takes: [1, 1], give: boolOf },
  true: { takes: [0, 0], give: () => true },
  false: { takes: [0, 0], give: () => false },
  null: { takes: [0, 0], give: () => null },
  equals: { takes: [2, 2], give: (call) => equal(call.at(0), call.at(1)) },
  less: compared((order) => order < 0),
  lessOrEquals: compared((order) => order <= 0),
  greater: compared((order) => order > 0),
  greaterOrEquals: compared((order) => order >= 0),
  coalesce: { takes: [1, MANY], give: ({ args }) => args.find((one) => one !== null) ?? null },
  if: {
    takes: [3, 3],
    lazily: (call) => {
      const index = call.given(0).bool(0) ? 1 : 2
      return call.evaluate(call.args[index]!, call.environment)
    },
  },
  fail: { takes: [1, 1], give: (call) => call.fail(call.text(0)) },
}
