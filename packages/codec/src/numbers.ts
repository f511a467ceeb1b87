import type { Codec } from './codec.ts'

type Get = 'getUint8' | 'getUint16' | 'getUint32'
type Set = 'setUint8' | 'setUint16' | 'setUint32'

function unsigned(size: 1 | 2 | 4, little: boolean): Codec<number> {
  const get = `getUint${size * 8}` as Get
  const set = `setUint${size * 8}` as Set
  const max = 2 ** (size * 8) - 1
  return {
    read: (from) => from.view[get](from.skip(size), little),
    write(to, value) {
      if (!Number.isInteger(value) || value < 0 || value > max)
        throw new RangeError(`${value} does not fit ${size * 8} bits`)
      const at = to.reserve(size)
      to.view[set](at, value, little)
    },
  }
}

function unsigned64(little: boolean): Codec<bigint> {
  return {
    read: (from) => from.view.getBigUint64(from.skip(8), little),
    write(to, value) {
      if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
        throw new RangeError(`${value} does not fit 64 bits`)
      const at = to.reserve(8)
      to.view.setBigUint64(at, value, little)
    },
  }
}

/**
 * Unsigned numbers of 8 to 64 bits, `be` big and `le` little endian; those of 64 bits are bigints.
 * Writing what does not fit is a RangeError.
 */
export const u8 = unsigned(1, true)
export const u16le = unsigned(2, true)
export const u16be = unsigned(2, false)
export const u32le = unsigned(4, true)
export const u32be = unsigned(4, false)
export const u64le = unsigned64(true)
export const u64be = unsigned64(false)

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
