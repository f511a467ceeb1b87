import { type Call, MANY, type TemplateFunction } from '../call.ts'
import { isList, isObject, type Json, memberOf } from '../value.ts'

function createObject(call: Call): Json {
  if (call.count % 2 !== 0) return call.fail('a value is missing')
  const pairs = Array.from({ length: call.count / 2 }, (_, i) => [
    call.text(2 * i),
    call.at(2 * i + 1),
  ])
  return Object.fromEntries(pairs)
}

/** Null where there is no such thing. */
function tryGet(call: Call): Json {
  return call.args.slice(1).reduce<Json>((value, by) => {
    if (isObject(value) && typeof by === 'string') return memberOf(value, by) ?? null
    return isList(value) && typeof by === 'number' ? (value[by] ?? null) : null
  }, call.at(0))
}

function items(call: Call): Json {
  const pairs = Object.entries(call.object(0)).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.map(([key, value]) => ({ key, value }))
}

function shallowMerge(call: Call): Json {
  const all = call.list(0).map((one) => (isObject(one) ? one : call.fail('a member is no object')))
  return Object.fromEntries(all.flatMap((one) => Object.entries(one)))
}

export const objectFunctions: Readonly<Record<string, TemplateFunction>> = {
  createObject: { takes: [0, MANY], give: createObject },
  tryGet: { takes: [2, MANY], give: tryGet },
  items: { takes: [1, 1], give: items },
  objectKeys: { takes: [1, 1], give: (call) => Object.keys(call.object(0)).sort() },
  shallowMerge: { takes: [1, 1], give: shallowMerge },
}
