import { type Call, MANY, type TemplateFunction } from '../call.ts'
import { equal, isList, isObject, type Json, type JsonObject, nameIn, textOf } from '../value.ts'

/** Azure's limit for `range`. */
const RANGE_MAX = 10_000

/** Of a text or a list. */
const part = (
  of: (value: string | readonly Json[], call: Call) => Json,
  takes: TemplateFunction['takes'] = [1, 1],
): TemplateFunction => ({
  takes,
  give: (call) => {
    const value = call.at(0)
    if (typeof value !== 'string' && !isList(value)) return call.wrong(0, 'string', 'array')
    return of(value, call)
  },
})

const place = (of: (value: string | readonly Json[], part: Json) => number): TemplateFunction =>
  part(
    (value, call) => {
      if (isList(value)) return of(value, call.at(1))
      return of(value.toLowerCase(), call.text(1).toLowerCase())
    },
    [2, 2],
  )

function length(call: Call): number {
  const value = call.at(0)
  if (typeof value === 'string' || isList(value)) return value.length
  return isObject(value) ? Object.keys(value).length : call.wrong(0, 'string', 'array', 'object')
}

function empty(call: Call): boolean {
  return call.at(0) === null || length(call) === 0
}

function contains(call: Call): boolean {
  const value = call.at(0)
  if (isList(value)) return value.some((one) => equal(one, call.at(1)))
  if (isObject(value)) return nameIn(value, textOf(call.at(1))) !== undefined
  return call.text(0).includes(textOf(call.at(1)))
}

function range(call: Call): Json {
  const [start, count] = [call.int(0), call.int(1)]
  if (count < 0 || count > RANGE_MAX) return call.fail(`the count is 0 to ${RANGE_MAX}`)
  return Array.from({ length: count }, (_, i) => start + i)
}

/** What is in the first and in all others. */
function intersection(call: Call): Json {
  if (isObject(call.at(0))) return call.args.map((_, i) => call.object(i)).reduce(shared)
  return call.args
    .map((_, i) => distinct(call, call.list(i)))
    .reduce((all, list) => {
      call.environment.budget.spend(all.length * list.length)
      return all.filter((one) => list.some((other) => equal(one, other)))
    })
}

function shared(a: JsonObject, b: JsonObject): JsonObject {
  const kept = Object.entries(a).filter(([name, one]) => {
    const other = nameIn(b, name)
    return other !== undefined && equal(one, b[other]!)
  })
  return Object.fromEntries(kept)
}

/** Members of later objects stand for those before, objects in objects too; lists hold each value once. */
function union(call: Call): Json {
  if (isObject(call.at(0))) return call.args.map((_, i) => call.object(i)).reduce(laidOver)
  return distinct(
    call,
    call.args.flatMap((_, i) => call.list(i)),
  )
}

function laidOver(a: JsonObject, b: JsonObject): JsonObject {
  const result = new Map(Object.entries(a))
  for (const [given, one] of Object.entries(b)) {
    const name = nameIn(a, given) ?? given
    const before = result.get(name)
    result.set(name, isObject(before) && isObject(one) ? laidOver(before, one) : one)
  }
  return Object.fromEntries(result)
}

function distinct(call: Call, list: readonly Json[]): Json[] {
  call.environment.budget.spend(list.length * list.length)
  return list.filter((one, i) => list.findIndex((other) => equal(one, other)) === i)
}

function join(call: Call): string {
  return call
    .list(0)
    .map((one) => textOf(one))
    .join(call.text(1))
}

const bounded = (call: Call) => Math.max(0, call.int(1))
const FLAT = (call: Call): Json =>
  call.list(0).flatMap((one) => (isList(one) ? one : call.fail('a member is no list')))

export const listFunctions: Readonly<Record<string, TemplateFunction>> = {
  length: { takes: [1, 1], give: length },
  empty: { takes: [1, 1], give: empty },
  first: part((value) => (isList(value) ? (value[0] ?? null) : value.slice(0, 1))),
  last: part((value) => (isList(value) ? (value.at(-1) ?? null) : value.slice(-1))),
  skip: part((value, call) => value.slice(bounded(call)), [2, 2]),
  take: part((value, call) => value.slice(0, bounded(call)), [2, 2]),
  contains: { takes: [2, 2], give: contains },
  indexOf: place((value, part) =>
    isList(value) ? value.findIndex((one) => equal(one, part)) : value.indexOf(String(part)),
  ),
  lastIndexOf: place((value, part) =>
    isList(value)
      ? value.findLastIndex((one) => equal(one, part))
      : value.lastIndexOf(String(part)),
  ),
  range: { takes: [2, 2], give: range },
  union: { takes: [1, MANY], give: union },
  intersection: { takes: [1, MANY], give: intersection },
  join: { takes: [2, 2], give: join },
  flatten: { takes: [1, 1], give: FLAT },
  array: { takes: [1, 1], give: (call) => (isList(call.at(0)) ? call.at(0) : [call.at(0)]) },
  createArray: { takes: [0, MANY], give: ({ args }) => args },
}
