import type { Codec } from './codec.ts'
import type { Writer } from './writer.ts'

/** Where the next `size` bytes are written. @throws {RangeError} a number that does not fit them. */
function placeOf(to: Writer, value: number, size: 1 | 2 | 4): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (size * 8))
    throw new RangeError(`${value} does not fit ${size * 8} bits`)
  return to.reserve(size)
}

function placeOf64(to: Writer, value: bigint): number {
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
    throw new RangeError(`${value} does not fit 64 bits`)
  return to.reserve(8)
}

// Unsigned numbers of 8 to 64 bits, `be` big and `le` little endian; those of 64 bits are bigints. Writing what
// does not fit is a RangeError. Each is written out: compilers then read it with one instruction.

/** One byte. */
export const u8: Codec<number> = {
  read: (from) => from.view.getUint8(from.skip(1)),
  write(to, value) {
    const at = placeOf(to, value, 1)
    to.view.setUint8(at, value)
  },
}

/** Two bytes, little endian. */
export const u16le: Codec<number> = {
  read: (from) => from.view.getUint16(from.skip(2), true),
  write(to, value) {
    const at = placeOf(to, value, 2)
    to.view.setUint16(at, value, true)
  },
}

/** Two bytes, big endian. */
export const u16be: Codec<number> = {
  read: (from) => from.view.getUint16(from.skip(2), false),
  write(to, value) {
    const at = placeOf(to, value, 2)
    to.view.setUint16(at, value, false)
  },
}

/** Four bytes, little endian. */
export const u32le: Codec<number> = {
  read: (from) => from.view.getUint32(from.skip(4), true),
  write(to, value) {
    const at = placeOf(to, value, 4)
    to.view.setUint32(at, value, true)
  },
}

/** Four bytes, big endian. */
export const u32be: Codec<number> = {
  read: (from) => from.view.getUint32(from.skip(4), false),
  write(to, value) {
    const at = placeOf(to, value, 4)
    to.view.setUint32(at, value, false)
  },
}

/** Eight bytes, little endian. */
export const u64le: Codec<bigint> = {
  read: (from) => from.view.getBigUint64(from.skip(8), true),
  write(to, value) {
    const at = placeOf64(to, value)
    to.view.setBigUint64(at, value, true)
  },
}

/** Eight bytes, big endian. */
export const u64be: Codec<bigint> = {
  read: (from) => from.view.getBigUint64(from.skip(8), false),
  write(to, value) {
    const at = placeOf64(to, value)
    to.view.setBigUint64(at, value, false)
  },
}

/** A number that may only be `value` (a magic, a reserved field). */
export function constant<const V extends number | bigint>(
  codec: Codec<V extends bigint ? bigint : number>,
  value: V,
): Codec<V> {
  const inner = codec as Codec<number | bigint>
  return {
    read(from) {
      const position = from.position
      const found = inner.read(from)
      if (found === value) return value
      from.offset -= from.position - position
      throw from.malformed(`0x${found.toString(16)} where 0x${value.toString(16)} must be`)
    },
    write(to, given) {
      if (given !== value) throw new RangeError(`${given} where ${value} must be`)
      inner.write(to, value)
    },
  }
}

const titles = new WeakMap<object, string>()

/**
 * A table of numbers out of a specification: an *open* set. The field's type stays `number`, an
 * unknown number from the wire survives, and `nameOf` prints it.
 */
export function numbers<const T extends Record<string, number>>(
  title: string,
  table: T,
): Readonly<T> {
  titles.set(table, title)
  return Object.freeze(table)
}

/** `nameOf(TPM_ALG, 0x000b)` is `TPM_ALG_SHA256`; an unknown one is `TPM_ALG(0x1234)`. */
export function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  const title = titles.get(table) ?? ''
  for (const name in table)
    if (table[name] === value) return title === '' ? name : `${title}_${name}`
  return `${title}(0x${value.toString(16).padStart(4, '0')})`
}
