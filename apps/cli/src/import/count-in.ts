import { UsageError } from '../exit-code.ts'

/** A count that a configuration gives. @throws {UsageError} no number from 1 to a million million. */
export function countIn(text: string | null, what: string): number | null {
  if (text === null) return null
  if (/^[1-9]\d{0,11}$/.test(text.trim())) return Number(text.trim())
  throw new UsageError(`${what} is "${text.slice(0, 40)}", no number`)
}
