import type { Codec } from './codec.ts'
import { u8 } from './numbers.ts'

/** `inner`, but malformed when `fault` names what is wrong with the value (`null`: nothing is). */
export function checked<T>(inner: Codec<T>, fault: (value: T) => string | null): Codec<T> {
  return {
    ...(inner.name === undefined ? {} : { name: inner.name }),
    read(from, siblings) {
      const start = from.offset
      const value = inner.read(from, siblings)
      const reason = fault(value)
      if (reason === null) return value
      from.offset = start
      throw from.malformed(reason)
    },
    write(to, value, siblings) {
      const reason = fault(value)
      if (reason !== null) throw new RangeError(reason)
      inner.write(to, value, siblings)
    },
  }
}

/** A byte 0 for `null`, or a byte 1 and then `inner`. */
export function optional<T>(inner: Codec<T>): Codec<T | null> {
  return {
    read(from, siblings) {
      const present = flag.read(from)
      return present === 1 ? inner.read(from, siblings) : null
    },
    write(to, value, siblings) {
      flag.write(to, value === null ? 0 : 1)
      if (value !== null) inner.write(to, value, siblings)
    },
  }
}

const flag = checked(u8, (value) => (value > 1 ? `${value} where 0 or 1 must be` : null))
