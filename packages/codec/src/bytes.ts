import { type Codec, encode } from './codec.ts'
import { placed } from './errors.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** Exactly `size` bytes, a view of the input. */
export function bytes(size: number): Codec<Uint8Array> {
  return {
    read: (from) => from.take(size),
    write(to, value) {
      if (value.length !== size) throw new RangeError(`${value.length} bytes where ${size} must be`)
      to.put(value)
    },
  }
}

/** All bytes that are left, at most `max`, a view of the input. */
export function rest(limits: { max: number }): Codec<Uint8Array> {
  return {
    read: (from) => from.take(withinLimit(from, from.remaining, limits.max)),
    write(to, value) {
      if (value.length > limits.max) throw new RangeError(`more than ${limits.max} bytes`)
      to.put(value)
    },
  }
}

/**
 * A size, then that many bytes, at most `max`: a view of the input, so what was signed or hashed
 * stays as it came. The size is checked before anything else happens.
 */
export function sized(
  size: Codec<number>,
  limits: { max: number; min?: number },
): Codec<Uint8Array> {
  return {
    read(from) {
      const length = withinLimit(from, size.read(from), limits.max)
      if (length < (limits.min ?? 0))
        throw from.malformed(`${length} bytes, fewer than ${limits.min}`)
      return from.take(length)
    },
    write(to, value) {
      if (value.length > limits.max) throw new RangeError(`more than ${limits.max} bytes`)
      size.write(to, value.length)
      to.put(value)
    },
  }
}

/** A size, then a structure that fills exactly that many bytes, at most `max`. */
export function sizedOf<T>(
  size: Codec<number>,
  inner: Codec<T>,
  limits: { max: number },
): Codec<T> {
  return {
    read(from) {
      const part = from.slice(withinLimit(from, size.read(from), limits.max))
      const value = inner.read(part)
      part.finish()
      return value
    },
    write(to, value) {
      const before = to.length
      size.write(to, 0)
      const start = to.length
      inner.write(to, value)
      const length = to.length - start
      if (length > limits.max) throw new RangeError(`more than ${limits.max} bytes`)
      overwrite(to, before, size, length)
    },
  }
}

/** A count, then that many elements, at most `max`: refused before the first is read. */
export function list<T>(
  count: Codec<number>,
  element: Codec<T>,
  limits: { max: number },
): Codec<T[]> {
  return {
    read(from) {
      const length = withinLimit(from, count.read(from), limits.max)
      const values: T[] = []
      try {
        while (values.length < length) values.push(element.read(from))
      } catch (e) {
        throw placed(e, `[${values.length}]`)
      }
      return values
    },
    write(to, values) {
      if (values.length > limits.max) throw new RangeError(`more than ${limits.max} elements`)
      count.write(to, values.length)
      for (const value of values) element.write(to, value)
    },
  }
}

/** Elements until the bytes end, at most `max` of them. */
export function many<T>(element: Codec<T>, limits: { max: number }): Codec<T[]> {
  return {
    read(from) {
      const values: T[] = []
      while (from.remaining > 0) {
        if (values.length >= limits.max) throw from.malformed(`more than ${limits.max} elements`)
        const before = from.offset
        try {
          values.push(element.read(from))
        } catch (e) {
          throw placed(e, `[${values.length}]`)
        }
        if (from.offset === before) throw from.malformed('an element of no bytes')
      }
      return values
    },
    write(to, values) {
      if (values.length > limits.max) throw new RangeError(`more than ${limits.max} elements`)
      for (const value of values) element.write(to, value)
    },
  }
}

function withinLimit(from: Reader, length: number, max: number): number {
  if (length > max) throw from.malformed(`${length}, more than ${max}`)
  return length
}

function overwrite(to: Writer, at: number, size: Codec<number>, value: number): void {
  for (const [i, byte] of encode(size, value).entries()) to.view.setUint8(at + i, byte)
}
