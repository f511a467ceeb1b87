import { fromHex, fromUtf8, MalformedError, within } from '@trusted-launch/codec'
import { fromBase64url } from '@trusted-launch/crypto'
import { nearest } from './nearest.ts'

/** What a JSON value must look like: gives it back typed. @throws {MalformedError} with its path. */
export type Shape<T> = (value: unknown) => T
/** What a shape holds. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never

type Shapes = Record<string, Shape<any>>
type ObjectOf<F extends Shapes> = { readonly [N in keyof F]: ShapeOf<F[N]> }

/** Text of at most `max` characters, all of them whole. RFC 7493, 2.1. */
export function string(limits: { max: number; pattern?: RegExp }): Shape<string> {
  return (value) => {
    if (typeof value !== 'string') throw malformed('not a string')
    if (value.length > limits.max) throw malformed(`${value.length}, more than ${limits.max}`)
    if (!value.isWellFormed()) throw malformed('half a character')
    if (limits.pattern?.test(value) === false) throw malformed(`not like ${limits.pattern.source}`)
    return value
  }
}

/** A whole number from `min` to `max`. */
export function integer(limits: { min: number; max: number }): Shape<number> {
  return (value) => {
    if (!Number.isSafeInteger(value)) throw malformed('not a whole number')
    const number = value as number
    if (number < limits.min || number > limits.max)
      throw malformed(`${number}, not from ${limits.min} to ${limits.max}`)
    return number
  }
}

export const boolean: Shape<boolean> = (value) => {
  if (typeof value !== 'boolean') throw malformed('neither true nor false')
  return value
}

/** One of these strings or numbers and nothing else. */
export function oneOf<const V extends readonly (string | number)[]>(
  ...values: V
): Shape<V[number]> {
  return (value) => {
    if (!values.includes(value as V[number]))
      throw malformed(values.length === 1 ? `not ${values[0]}` : `none of ${values.join(', ')}`)
    return value as V[number]
  }
}

/** One of these names of a `kind`: of another one it is told which may be meant. */
export function nameOf(kind: string, names: readonly string[]): Shape<string> {
  return (value) => {
    if (typeof value === 'string' && names.includes(value)) return value
    const given = typeof value === 'string' ? value : typeof value
    const meant = nearest(given, names)
    const hint = meant === null ? '' : `; did you mean "${meant}"?`
    throw malformed(`no ${kind} "${given.slice(0, 64)}"${hint}`)
  }
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value))
}

/** At most `max` elements. */
export function array<T>(element: Shape<T>, limits: { max: number }): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw malformed('not an array')
    if (value.length > limits.max) throw malformed(`${value.length}, more than ${limits.max}`)
    return value.map((item, i) => within(`[${i}]`, () => element(item)))
  }
}

/** Each only once. */
export function different<T extends string | number>(
  shape: Shape<readonly T[]>,
): Shape<readonly T[]> {
  return (value) => {
    const given = shape(value)
    if (new Set(given).size !== given.length) throw malformed('the same twice')
    return given
  }
}

/** Exactly these names: one missing, or one more, is refused. Those of `optional` may be left out. */
export function object<F extends Shapes, O extends Shapes = Record<never, never>>(
  fields: F,
  optional?: O,
): Shape<ObjectOf<F> & Partial<ObjectOf<O>>> {
  const all: Shapes = { ...fields, ...optional }
  return (value) => {
    const given = plain(value)
    for (const name of Object.keys(given))
      if (!Object.hasOwn(all, name)) throw malformed(`an unknown name "${name.slice(0, 64)}"`)
    const made: Record<string, unknown> = {}
    for (const [name, shape] of Object.entries(all)) {
      if (!Object.hasOwn(given, name) && !Object.hasOwn(fields, name)) continue
      if (!Object.hasOwn(given, name)) throw malformed(`without "${name}"`)
      made[name] = within(name, () => shape(given[name]))
    }
    return made as ObjectOf<F> & Partial<ObjectOf<O>>
  }
}

/** Names of this form, at most `max`, each with a value of this shape. */
export function record<T>(
  name: RegExp | Shape<string>,
  shape: Shape<T>,
  limits: { max: number },
): Shape<Readonly<Record<string, T>>> {
  return (value) => {
    const given = plain(value)
    const names = Object.keys(given)
    if (names.length > limits.max) throw malformed(`${names.length}, more than ${limits.max}`)
    const made: Record<string, T> = Object.create(null)
    for (const key of names) {
      if (typeof name === 'function') name(key)
      else if (!name.test(key)) throw malformed(`a name not like ${name.source}`)
      made[key] = within(key, () => shape(given[key]))
    }
    return { ...made }
  }
}

/** Bytes as lowercase hexadecimal, kept as text. */
export function hex(limits: { min: number; max: number }): Shape<string> {
  return string({
    max: 2 * limits.max,
    pattern: new RegExp(`^(?:[0-9a-f]{2}){${limits.min},${limits.max}}$`),
  })
}

/** Bytes as base64url without padding. */
export function base64url(limits: { max: number }): Shape<Uint8Array> {
  const text = string({ max: Math.ceil((limits.max * 4) / 3) + 3 })
  return (value) => fromBase64url(text(value))
}

/** Bytes as lowercase hexadecimal. */
export function hexBytes(limits: { min: number; max: number }): Shape<Uint8Array> {
  const text = hex(limits)
  return (value) => fromHex(text(value))
}

/**
 * JSON in UTF-8, of this shape, at most `max` bytes.
 * @throws {MalformedError} too big, not UTF-8, not JSON, or another shape.
 */
export function parseJson<T>(bytes: Uint8Array, shape: Shape<T>, limits: { max: number }): T {
  if (bytes.length > limits.max) throw malformed(`${bytes.length}, more than ${limits.max}`)
  return shape(parseText(fromUtf8(bytes)))
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (e) {
    throw new MalformedError('', 0, `not JSON${whereOf(e, text)}`, { cause: e })
  }
}

/** Of what the engine says only the place: its words quote the text. */
function whereOf(error: unknown, text: string): string {
  if (text.startsWith('\ufeff')) return ': it begins with a byte order mark'
  const at = /position (\d+)/.exec(String(error))?.[1]
  if (at === undefined) return ''
  const lines = text.slice(0, Number(at)).split('\n')
  return `: line ${lines.length}, column ${lines.at(-1)!.length + 1}`
}

function plain(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('not an object')
  return value as Record<string, unknown>
}

function malformed(reason: string): MalformedError {
  return new MalformedError('', 0, reason)
}
