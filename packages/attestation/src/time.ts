const dayMs = 86_400_000

/**
 * Milliseconds since 1970 as RFC 3339, UTC, with milliseconds: `2026-11-24T02:00:00.000Z`.
 * @throws {RangeError} not a whole number, or outside the years 1970 to 9999.
 */
export function formatTime(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0 || ms >= 253_402_300_800_000)
    throw new RangeError(`${ms} is no time`)
  const [year, month, day] = dateOf(Math.floor(ms / dayMs))
  const rest = ms % dayMs
  const [hours, minutes] = [Math.floor(rest / 3_600_000), Math.floor((rest / 60_000) % 60)]
  const seconds = Math.floor((rest / 1000) % 60)
  const clock = `${two(hours)}:${two(minutes)}:${two(seconds)}.${three(rest % 1000)}`
  return `${year}-${two(month)}-${two(day)}T${clock}Z`
}

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`)
const three = (n: number) => (n < 100 ? `0${two(n)}` : `${n}`)

// Days since 1970 to a date of the Gregorian calendar, in eras of 400 years that begin in March.
function dateOf(days: number): [number, number, number] {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}
