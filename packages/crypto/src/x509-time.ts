import { MalformedError, toLatin1 } from '@trusted-launch/codec'
import { DER, type DerReader } from './der.ts'

const patterns: Readonly<Record<number, RegExp>> = {
  [DER.UTC_TIME]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [DER.GENERALIZED_TIME]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
}

/**
 * A UTCTime or GeneralizedTime to milliseconds since 1970, in the only forms a certificate may hold.
 * @see RFC 5280, 4.1.2.5
 */
export function readTime(from: DerReader): number {
  const { tag, content, position } = from.next()
  const parts = patterns[tag]?.exec(content.length <= 15 ? toLatin1(content) : '')
  if (!parts) throw new MalformedError('', position, 'not a UTCTime or GeneralizedTime in seconds')
  const [given, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
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
