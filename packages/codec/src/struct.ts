import type { Codec, Of } from './codec.ts'
import { placed } from './errors.ts'

/** A union: which layout follows is said by the field `selector` before it. Made by `select`. */
export interface Select<K extends string, T extends Record<number, Codec<any>>> extends Codec<any> {
  readonly selector: K
  readonly table: T
}

type AnySelect = Select<string, any>
type Fields = Record<string, Codec<any>>
type Selector<F> = { [N in keyof F]: F[N] extends Select<infer K, any> ? K : never }[keyof F]
type Plain<F> = { [N in keyof F as F[N] extends AnySelect ? never : N]: Of<F[N]> }
type Unions<F> = { [N in keyof F as F[N] extends AnySelect ? N : never]: F[N] }
type Choice<F> = { [N in keyof F]: F[N] extends Select<any, infer T> ? keyof T : never }[keyof F]
type Case<F, V> = {
  [N in keyof Unions<F>]: F[N] extends Select<any, infer T>
    ? V extends keyof T
      ? Of<T[V]>
      : never
    : never
}
type Flat<T> = { [K in keyof T]: T[K] }
type Cases<F, V> = V extends unknown
  ? Flat<Omit<Plain<F>, Selector<F>> & { [S in Selector<F>]: V } & Case<F, V>>
  : never

/** The value of a structure: plain, or a union that narrows on its selector. */
export type StructOf<F> = [Selector<F>] extends [never] ? Flat<Plain<F>> : Cases<F, Choice<F>>

/** Fields in wire order under the specification's names: one list, walked to read and to write. */
export function struct<F extends Fields>(
  name: string,
  fields: F,
): Codec<StructOf<F>> & { readonly fields: F } {
  const steps = Object.entries(fields)
  return {
    name,
    fields,
    read(from) {
      const value: Record<string, unknown> = {}
      let reading = ''
      try {
        for (const [field, codec] of steps) {
          reading = field
          value[field] = codec.read(from, value)
        }
      } catch (e) {
        throw placed(e, reading)
      }
      return value as StructOf<F>
    },
    write(to, value) {
      const given = value as Record<string, unknown>
      for (const [field, codec] of steps) codec.write(to, given[field], given)
    },
  }
}

/**
 * A union whose layout is chosen by the sibling field `selector`. A selector that the table does
 * not know is malformed: what cannot be read is never guessed.
 */
export function select<const K extends string, const T extends Record<number, Codec<any>>>(
  selector: K,
  table: T,
): Select<K, T> {
  const layout = (siblings: Readonly<Record<string, unknown>> | undefined) =>
    table[siblings?.[selector] as number]
  return {
    selector,
    table,
    read(from, siblings) {
      const codec = layout(siblings)
      if (codec === undefined) {
        const found = siblings?.[selector] as number
        throw from.malformed(`no layout for ${selector} 0x${found.toString(16)}`)
      }
      return codec.read(from, siblings)
    },
    write(to, value, siblings) {
      const codec = layout(siblings)
      if (codec === undefined)
        throw new RangeError(`no layout for ${selector} ${siblings?.[selector]}`)
      codec.write(to, value, siblings)
    },
  }
}

/** No bytes at all: the arm of a union that holds nothing. */
export const nothing: Codec<null> = { read: () => null, write() {} }
