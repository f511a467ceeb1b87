import type { LazyCall, TemplateFunction } from '../call.ts'
import type { Expression } from '../expression.ts'
import type { Json, JsonObject } from '../value.ts'

/** What a lambda gives for these values. */
type Applied = (...values: readonly Json[]) => Json

/** `lambda('x', …)`, given to a function as its argument. */
function applied(
  call: LazyCall,
  index: number,
): { readonly names: number; readonly give: Applied } {
  const given = call.args[index]
  if (given?.kind !== 'call' || given.name.toLowerCase() !== 'lambda' || given.args.length < 1)
    return call.fail(`argument ${index + 1} is not a lambda`)
  const names = given.args.slice(0, -1).map((one) => nameOf(call, one))
  const give: Applied = (...values) => {
    const bound = Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]))
    const { environment } = call
    const lambdas = { ...environment.lambdas, ...bound }
    return call.evaluate(given.args.at(-1)!, { ...environment, lambdas })
  }
  return { names: names.length, give }
}

function nameOf(call: LazyCall, { kind, ...of }: Expression): string {
  const { value } = of as { value?: unknown }
  return kind === 'value' && typeof value === 'string'
    ? value
    : call.fail('the name of a variable is a text')
}

const over = (
  takes: TemplateFunction['takes'],
  give: (list: readonly Json[], apply: Applied, call: LazyCall) => Json,
): TemplateFunction => ({
  takes,
  lazily: (call) => give(call.given(0).list(0), applied(call, 1).give, call),
})

function truth(call: LazyCall, value: Json): boolean {
  return typeof value === 'boolean' ? value : call.fail('the lambda gives neither true nor false')
}

function key(call: LazyCall, value: Json): string {
  return typeof value === 'string' ? value : call.fail('the lambda gives no text')
}

/** A reduction's function may take the index as its third. */
function reduce(call: LazyCall): Json {
  const given = call.given(0, 1)
  const { give } = applied(call, 2)
  return given.list(0).reduce<Json>((sum, one, i) => give(sum, one, i), given.at(1))
}

/** Merge sort of the language: `lambda(a, b)` says whether `a` comes first. */
function sorted(list: readonly Json[], apply: Applied, call: LazyCall): Json {
  return [...list].sort((a, b) =>
    truth(call, apply(a, b)) ? -1 : truth(call, apply(b, a)) ? 1 : 0,
  )
}

function toObject(call: LazyCall): Json {
  const list = call.given(0).list(0)
  const name = applied(call, 1).give
  const value = call.args.length > 2 ? applied(call, 2).give : (one: Json) => one
  return Object.fromEntries(list.map((one) => [key(call, name(one)), value(one)]))
}

function mapValues(call: LazyCall): Json {
  const object: JsonObject = call.given(0).object(0)
  const { give } = applied(call, 1)
  return Object.fromEntries(Object.entries(object).map(([name, one]) => [name, give(one)]))
}

function lambdaVariable(call: LazyCall): Json {
  const name = call.given(0).text(0)
  const { lambdas } = call.environment
  return Object.hasOwn(lambdas, name)
    ? lambdas[name]!
    : call.fail(`no lambda around it has a '${name}'`)
}

export const lambdaFunctions: Readonly<Record<string, TemplateFunction>> = {
  lambda: { takes: [1, 4], lazily: (call) => call.fail('it stands alone') },
  lambdaVariables: { takes: [1, 1], lazily: lambdaVariable },
  map: over([2, 2], (list, apply) => list.map((one, i) => apply(one, i))),
  filter: over([2, 2], (list, apply, call) => list.filter((one, i) => truth(call, apply(one, i)))),
  sort: over([2, 2], sorted),
  groupBy: over([2, 2], (list, apply, call) =>
    Object.fromEntries(Map.groupBy(list, (one) => key(call, apply(one)))),
  ),
  reduce: { takes: [3, 3], lazily: reduce },
  toObject: { takes: [2, 3], lazily: toObject },
  mapValues: { takes: [2, 2], lazily: mapValues },
}
