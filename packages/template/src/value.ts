/** What a template holds and its expressions come to. Numbers are integers, as the language has no others. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export type Kind = 'null' | 'bool' | 'int' | 'string' | 'array' | 'object'

export function kindOf(value: Json): Kind {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'int'
  return typeof value === 'string' ? 'string' : 'object'
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Names are the same in any case of letters; the one spelt alike comes first. */
export function nameIn(object: object, name: string): string | undefined {
  if (Object.hasOwn(object, name)) return name
  const lower = name.toLowerCase()
  return Object.keys(object).find((one) => one.toLowerCase() === lower)
}

export function memberOf(object: JsonObject, name: string): Json | undefined {
  const found = nameIn(object, name)
  return found === undefined ? undefined : object[found]
}

/** Texts by their letters, objects by their members in any order. */
export function equal(a: Json, b: Json): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((one, i) => equal(one, b[i]!))
  if (!isObject(a)) return a === b
  if (!isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(a[name]!, b[name]!))
  )
}

/** A value within a text, as the language writes it: `True`, and JSON for lists and objects. */
export function textOf(value: Json): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return value === null ? '' : JSON.stringify(value)
}
