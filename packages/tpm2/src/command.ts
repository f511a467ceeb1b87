import { type Codec, type StructOf, struct } from '@trusted-launch/codec'
import { TPM_CC } from './constants.ts'

type Fields = Record<string, Codec<any>>
type Bare<H> = H extends `@${infer Name}` ? Name : H

/**
 * A TPM command as Part 3 tables it: data, nothing more. Only `execute` knows how it is sent.
 * `G` is what it is given (handles and parameters by name), `A` what it answers.
 */
export interface Command<G, A> {
  readonly name: string
  readonly code: number
  /** Names of the handles, in wire order. */
  readonly handles: readonly string[]
  /** How many of them, from the first, need an authorization: those with an `@` in Part 3. */
  readonly authorizations: number
  readonly parameters: Codec<any>
  /** The name of the handle it answers, if any. */
  readonly answerHandle: string | null
  readonly answer: Codec<any>
  /** Types only; never set. */
  readonly given?: G
  readonly answered?: A
}

type Given<H extends string, P> = { [K in Bare<H>]: number } & StructOf<P>
type Answered<R extends string, A> = { [K in R]: number } & StructOf<A>

/** Writes down a command in Part 3's own notation: `@signHandle` is a handle with an authorization. */
export function command<
  const N extends keyof typeof TPM_CC,
  const H extends string = never,
  P extends Fields = {},
  const R extends string = never,
  A extends Fields = {},
>(
  name: N,
  table: {
    handles?: readonly H[]
    parameters?: P
    answerHandle?: R
    answer?: A
  },
): Command<Given<H, P>, Answered<R, A>> {
  const handles: readonly string[] = table.handles ?? []
  return {
    name,
    code: TPM_CC[name],
    handles: handles.map((handle) => handle.replace('@', '')),
    authorizations: handles.filter((handle) => handle[0] === '@').length,
    parameters: struct(`TPM2_${name}`, table.parameters ?? {}),
    answerHandle: table.answerHandle ?? null,
    answer: struct(`TPM2_${name}`, table.answer ?? {}),
  }
}
