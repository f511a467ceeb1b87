import { toHex } from '@trusted-launch/codec'

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
  if (own === undefined)
    return { fault: drawn.length > 0 ? 'nonce-of-another-vm' : 'nonce-unknown', next }
  return { fault: own.expires > answer.time ? null : 'nonce-expired', next }
}
