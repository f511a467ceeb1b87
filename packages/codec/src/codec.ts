import { MalformedError } from './errors.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * A binary layout: one value that reads and writes. `T` is what it holds.
 * `siblings` are the fields of the enclosing structure read (or to be written) before this one: only
 * `select` looks at them.
 */
export interface Codec<T> {
  /** The specification's name of the structure, where it has one: the root of an error's path. */
  readonly name?: string
  read(from: Reader, siblings?: Readonly<Record<string, unknown>>): T
  write(to: Writer, value: T, siblings?: Readonly<Record<string, unknown>>): void
}

/** What a codec holds. */
export type Of<C> = C extends Codec<infer T> ? T : never

/**
 * Bytes to value, whole: trailing bytes are refused.
 * @throws {MalformedError} with the field's path and the byte's offset.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const from = new Reader(bytes)
  try {
    const value = codec.read(from)
    from.finish()
    return value
  } catch (e) {
    throw e instanceof MalformedError && codec.name !== undefined ? e.within(codec.name) : e
  }
}

/**
 * Value to bytes.
 * @param sizeHint how many bytes it will be about, where that is known: spares copies.
 * @throws {RangeError} a value its layout cannot hold: the caller's mistake.
 */
export function encode<T>(codec: Codec<T>, value: T, sizeHint?: number): Uint8Array {
  const to = new Writer(sizeHint)
  codec.write(to, value)
  return to.finish()
}
