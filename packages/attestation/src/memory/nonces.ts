import { NONCE_BYTES } from '@trusted-launch/channel'
import { toHex, within } from '@trusted-launch/codec'
import { array, hex, integer, object, parseJson, type Shape, string } from '../json-shape.ts'

/** How long an answer is waited for, in milliseconds. */
const lifetimeMs = 300_000
/** How many nonces one VM may leave unanswered: of more, the oldest is forgotten. */
const openPerVmMax = 16

/** A nonce that was drawn for one VM and not answered yet. */
export interface OpenNonce {
  readonly vm: string
  /** Hexadecimal. */
  readonly nonce: string
  /** Milliseconds since 1970: an answer after that is refused. */
  readonly expires: number
}

/** Why an answer's nonce is refused: never drawn or used before, another VM's, or too old. */
export type NonceFault = 'nonce-unknown' | 'nonce-of-another-vm' | 'nonce-expired'

/**
 * For a verifier whose answers come by another way than its questions, or after a restart; who waits for the answer where
 * it asked needs none of it. Writes down a nonce that was drawn for a VM: answers are believed for five minutes. What ran out goes,
 * and so does this VM's oldest where it has too many, so what is kept is bounded by the number of VMs.
 * @throws {RangeError} not 32 bytes, or drawn before: then it was not drawn by chance.
 */
export function keepNonce(
  open: readonly OpenNonce[],
  drawn: { readonly vm: string; readonly nonce: Uint8Array; readonly time: number },
): readonly OpenNonce[] {
  const { vm, time } = drawn
  const nonce = toHex(drawn.nonce)
  if (drawn.nonce.length !== NONCE_BYTES) throw new RangeError(`${drawn.nonce.length} bytes`)
  if (open.some((one) => one.nonce === nonce)) throw new RangeError('a nonce that is open already')
  const live = open.filter((one) => one.expires > time)
  const own = live.filter((one) => one.vm === vm)
  const forgotten = new Set(own.slice(0, Math.max(0, own.length + 1 - openPerVmMax)))
  return [...live.filter((one) => !forgotten.has(one)), { vm, nonce, expires: time + lifetimeMs }]
}

/**
 * Takes the nonce that a VM's answer came with out of those that are open: it is used up, whatever
 * comes of it, so the same answer given twice is refused. Another VM's stays open: nobody can use it up
 * for that VM. Who keeps `open` stores `next` before it appraises.
 * It does not say that the quote is over this nonce: that is `VerifiedQuote.verify`.
 * @param answer the VM that answered, its nonce, and the time, in milliseconds since 1970.
 */
export function useNonce(
  open: readonly OpenNonce[],
  answer: { readonly vm: string; readonly nonce: Uint8Array; readonly time: number },
): { readonly fault: NonceFault | null; readonly next: readonly OpenNonce[] } {
  const nonce = toHex(answer.nonce)
  const drawn = open.filter((one) => one.nonce === nonce)
  const own = drawn.find(({ vm }) => vm === answer.vm)
  const next = open.filter((one) => one !== own && one.expires > answer.time)
  // check 7
  if (own === undefined)
    return { fault: drawn.length > 0 ? 'nonce-of-another-vm' : 'nonce-unknown', next }
  // check 7
  if (own.expires <= answer.time) return { fault: 'nonce-expired', next }
  return { fault: null, next }
}

/** Reads stored nonces, at most 4 MB of them. @throws {MalformedError} another shape. */
export function parseNonces(bytes: Uint8Array): readonly OpenNonce[] {
  return within('OpenNonce', () => parseJson(bytes, shape, { max: 4 << 20 }))
}

const shape: Shape<readonly OpenNonce[]> = array(
  object({
    vm: string({ max: 256 }),
    nonce: hex({ min: NONCE_BYTES, max: NONCE_BYTES }),
    expires: integer({ min: 0, max: 2 ** 52 }),
  }),
  { max: 1 << 15 },
)
