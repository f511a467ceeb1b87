import { toUtf8 } from '@trusted-launch/codec'

/** What JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined }

/**
 * One value, one text: names sorted by their UTF-16 units, no spaces, numbers as ECMAScript writes
 * them. A property that is undefined is left out.
 * @throws {RangeError} a number that is not finite, or a lone surrogate.
 * @see RFC 8785
 */
export function formatCanonical(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value === 'string') return formatString(value)
  if (Array.isArray(value)) return `[${value.map((item) => formatCanonical(item)).join(',')}]`
  const fields = value as { readonly [name: string]: Json | undefined }
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined)
  // Array.sort without a comparison is by UTF-16 units, as 3.2.3 wants.
  const members = names.sort().map((n) => `${formatString(n)}:${formatCanonical(fields[n]!)}`)
  return `{${members.join(',')}}`
}

/** The canonical text in UTF-8: what is hashed, signed and stored. */
export function encodeCanonical(value: Json): Uint8Array {
  return toUtf8(formatCanonical(value))
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} in JSON`)
  return JSON.stringify(value)
}

function formatString(value: string): string {
  if (!value.isWellFormed()) throw new RangeError('a lone surrogate in JSON')
  return JSON.stringify(value)
}
