/** Times without a clock and without a library's: the proleptic Gregorian calendar in UTC, by milliseconds since 1970. */
export interface DateTime {
  readonly year: number
  /** 1 to 12 */
  readonly month: number
  readonly day: number
  /** Milliseconds since midnight. */
  readonly ms: number
}

const DAY_MS = 86_400_000
/** Days of 400 years, of which each has the same. */
const ERA_DAYS = 146_097
/** From 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS = 719_468

/** Years begin in March here, so that the leap day is their last. */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const days = ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear
  return era * ERA_DAYS + days - EPOCH_DAYS
}

export function dateTimeOf(at: number): DateTime {
  const days = Math.floor(at / DAY_MS)
  const z = days + EPOCH_DAYS
  const era = Math.floor(z / ERA_DAYS)
  const ofEra = z - era * ERA_DAYS
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  )
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  const shifted = Math.floor((5 * ofYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return {
    year: years + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * shifted + 2) / 5) + 1,
    ms: at - days * DAY_MS,
  }
}

/** A month's last day where it has no such one: the 31st of January and a month is the end of February. */
export function plusMonths(at: number, months: number): number {
  const { year, month, day, ms } = dateTimeOf(at)
  const total = year * 12 + (month - 1) + months
  const [toYear, toMonth] = [Math.floor(total / 12), (((total % 12) + 12) % 12) + 1]
  const next = toMonth === 12 ? daysOf(toYear + 1, 1, 1) : daysOf(toYear, toMonth + 1, 1)
  const length = next - daysOf(toYear, toMonth, 1)
  return daysOf(toYear, toMonth, Math.min(day, length)) * DAY_MS + ms
}

const TIME = /^(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:\.(\d{1,7}))?Z$/

/** A time as `utcNow` writes it, in UTC; null: it is none. */
export function readTime(text: string): number | null {
  const match = TIME.exec(text)
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    ...[number, number, number, number, number, number],
  ]
  const days = daysOf(year, month, day)
  const back = dateTimeOf(days * DAY_MS)
  if (month > 12 || back.month !== month || back.day !== day) return null
  if (hour > 23 || minute > 59 || second > 59) return null
  const fraction = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000)
  return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + fraction
}

/** The form a time is written in. */
export function formOf(text: string): string {
  if (/^\d{8}T/.test(text)) return 'yyyyMMddTHHmmssZ'
  return text.includes(' ') ? 'u' : 'yyyy-MM-ddTHH:mm:ssZ'
}

const DURATION =
  /^(-)?P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/

/** A time and a duration (ISO 8601, `P1Y2M`, `-PT1H`); null: it is none. */
export function plus(at: number, duration: string): number | null {
  const match = DURATION.exec(duration)
  if (match === null || /[PT]$/.test(duration)) return null
  const sign = match[1] === undefined ? 1 : -1
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(2)
    .map((digits) => sign * Number(digits ?? 0)) as [
    ...[number, number, number, number, number, number, number],
  ]
  const ofDays = (weeks * 7 + days) * DAY_MS
  return (
    plusMonths(at, years * 12 + months) + ofDays + ((hours * 60 + minutes) * 60 + seconds) * 1000
  )
}

const STANDARD: Readonly<Record<string, string>> = {
  u: 'yyyy-MM-dd HH:mm:ssZ',
  s: 'yyyy-MM-ddTHH:mm:ss',
  d: 'MM/dd/yyyy',
  o: 'yyyy-MM-ddTHH:mm:ss.fff0000Z',
}
const PART = /yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s|f{1,7}|'([^']*)'|[A-Za-z]/g
/** Letters that stand for themselves. */
const PLAIN = 'TZ'

/** In .NET's words for times, as far as they are numbers; null: the form holds another word. */
export function formatTime(at: number, form: string): string | null {
  const { year, month, day, ms } = dateTimeOf(at)
  const parts: Readonly<Record<string, number>> = {
    ...{ y: year, M: month, d: day, H: Math.floor(ms / 3_600_000) },
    ...{ m: Math.floor(ms / 60_000) % 60, s: Math.floor(ms / 1000) % 60 },
  }
  let isKnown = true
  const text = (STANDARD[form] ?? form).replaceAll(PART, (word, quoted?: string) => {
    if (quoted !== undefined) return quoted
    if (word.startsWith('f'))
      return String(ms % 1000)
        .padStart(3, '0')
        .padEnd(7, '0')
        .slice(0, word.length)
    const value = parts[word[0]!]
    if (value === undefined) {
      isKnown &&= PLAIN.includes(word)
      return word
    }
    return String(word === 'yy' ? value % 100 : value).padStart(word.length, '0')
  })
  return isKnown ? text : null
}
