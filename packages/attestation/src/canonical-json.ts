import { textToUtf8 } from '@trusted-launch/crypto'

/** What JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined }

/** A value whose text was made beforehand. */
class Formatted {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The value as a part of many documents: its text is made here, once. For `formatCanonical` only. */
export function formatted(value: Json): Json {
  return formattedAs(formatCanonical(value))
}

/** A value whose canonical text the caller made. For `formatCanonical` only. */
export function formattedAs(text: string): Json {
  return new Formatted(text) as unknown as Json
}

/**
 * One value, one text: names sorted by their UTF-16 units, no spaces, numbers as ECMAScript writes
 * them. A property that is undefined is left out.
 * @throws {RangeError} a number that is not finite, or a lone surrogate.
 * @see RFC 8785
 */
export function formatCanonical(value: Json): string {
  if (typeof value === 'string') return formatString(value)
  if (typeof value === 'number') return formatNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (value instanceof Formatted) return value.text
  if (Array.isArray(value)) return formatArray(value)
  return formatObject(value as { readonly [name: string]: Json | undefined })
}

/** The canonical text in UTF-8: what is hashed, signed and stored. */
export function encodeCanonical(value: Json): Uint8Array {
  return textToUtf8(formatCanonical(value))
}

function formatArray(items: readonly Json[]): string {
  let text = ''
  for (const item of items) text += `${text === '' ? '[' : ','}${formatCanonical(item)}`
  return text === '' ? '[]' : `${text}]`
}

function formatObject(fields: { readonly [name: string]: Json | undefined }): string {
  let text = ''
  for (const name of sortedNames(fields)) {
    const value = fields[name]
    if (value === undefined) continue
    text += `${text === '' ? '{' : ','}${formatString(name)}:${formatCanonical(value)}`
  }
  return text === '' ? '{}' : `${text}}`
}

function sortedNames(fields: object): string[] {
  const names = Object.keys(fields)
  // By UTF-16 units, as 3.2.3 wants: so Array.sort without a comparison does it, and so does >.
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort()
  return names
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} in JSON`)
  return String(value)
}

/** Text that JSON writes as it is: most is. */
const plain = /^[ !#-[\]-~]*$/

function formatString(value: string): string {
  if (plain.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw new RangeError('a lone surrogate in JSON')
  return JSON.stringify(value)
}
