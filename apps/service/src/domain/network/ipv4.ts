import { isIPv4 } from 'node:net'

/** A stretch of IPv4 addresses: those that begin with the base's first `length` bits. RFC 4632. */
export interface Prefix {
  readonly base: number
  readonly length: number
}

/** `10.0.0.0/24`; null: it is none, or has bits set after its length. */
export function parsePrefix(text: string): Prefix | null {
  const [, address = '', digits = ''] = /^([0-9.]+)\/([0-9]{1,2})$/.exec(text) ?? []
  const [base, length] = [parseAddress(address), Number(digits)]
  if (base === null || length > 32 || base % sizeOf({ length }) !== 0) return null
  return { base, length }
}

/** An address as a number; null: it is none. */
export function parseAddress(text: string): number | null {
  if (!isIPv4(text)) return null
  return text.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
}

export function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

/** How many addresses there are in it. */
export function sizeOf({ length }: Pick<Prefix, 'length'>): number {
  return 2 ** (32 - length)
}

export function isWithin(address: number, { base, length }: Prefix): boolean {
  return address >= base && address < base + sizeOf({ length })
}

/** Whether all of the one lies in the other. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return inner.length >= outer.length && isWithin(inner.base, outer)
}

export function overlap(one: Prefix, other: Prefix): boolean {
  return covers(one, other) || covers(other, one)
}
