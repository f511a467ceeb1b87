import { MalformedError } from '@trusted-launch/codec'
import { DER, type DerReader } from './der.ts'

const yearDigits = new Map<number, number>([
  [DER.UTC_TIME, 2],
  [DER.GENERALIZED_TIME, 4],
])

const zero = 0x30
const letterZ = 0x5a

function areDigits(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= zero && byte <= zero + 9)
}

function numberOf(digits: Uint8Array, start: number, count: number): number {
  let number = 0
  for (let i = start; i < start + count; i++) number = number * 10 + digits[i]! - zero
  return number
}

/**
 * A UTCTime or GeneralizedTime to milliseconds since 1970, in the only forms a certificate may hold.
 * @see RFC 5280, 4.1.2.5
 */
export function readTime(from: DerReader): number {
  const { tag, content, position } = from.next()
  const digits = yearDigits.get(tag) ?? 0
  const isForm = digits > 0 && content.length === digits + 11 && content[digits + 10] === letterZ
  if (!isForm || !areDigits(content.subarray(0, -1)))
    throw new MalformedError('', position, 'not a UTCTime or GeneralizedTime in seconds')
  const two = (at: number) => numberOf(content, digits + at, 2)
  const given = numberOf(content, 0, digits)
  const [month, day, hour, minute, second] = [two(0), two(2), two(4), two(6), two(8)]
  const year = tag === DER.UTC_TIME ? given + (given < 50 ? 2000 : 1900) : given
  const time = new Date(0)
  time.setUTCFullYear(year, month - 1, day)
  time.setUTCHours(hour, minute, second)
  const exact =
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === hour &&
    time.getUTCMinutes() === minute &&
    time.getUTCSeconds() === second
  if (!exact) throw new MalformedError('', position, 'no such date')
  return time.getTime()
}
