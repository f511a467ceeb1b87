import {
  decodeImportedSignature,
  type ImportedKey,
  importEvidence,
  type PcrsByBank,
  VerifiedAttestationKey,
  VerifiedQuote,
} from '@trusted-launch/attestation'
import { decode, MalformedError } from '@trusted-launch/codec'
import { CryptoError } from '@trusted-launch/crypto'
import { TPM_ST, TPMS_ATTEST } from '@trusted-launch/tpm2'

/** A quote with what is beside it. */
export interface Quoted {
  readonly key: ImportedKey
  readonly attest: Uint8Array
  /** In whichever form its writer gave it. */
  readonly signature: Uint8Array
  /** Null: nobody tells, so it is the one in the quote. */
  readonly nonce: Uint8Array | null
  /** Null: nobody tells them, so signature and kind alone are judged. */
  readonly pcrs: PcrsByBank | null
}

/** Why it is not believed, as our verifier says; null: it is. SHA-1 is let stand: most of these are old. */
export function faultOf(quoted: Quoted): string | null {
  try {
    return verdict(quoted)
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return 'malformed'
    throw e
  }
}

function verdict({ key, attest, signature, nonce, pcrs }: Quoted): string | null {
  const read = decode(TPMS_ATTEST, attest)
  if (read.type !== TPM_ST.ATTEST_QUOTE) return 'no quote'
  const { evidence, expectation } = importEvidence({
    ...{ attest, key, nonce: nonce ?? read.extraData, pcrs: pcrs ?? noValues },
    signature: decodeImportedSignature(signature, key.publicKey, attest),
    ...{ eventLog: new Uint8Array(), imaLog: null, userspaceLog: null },
    ...{ anchors: [], profile: 'pc-client' },
  })
  const ak = VerifiedAttestationKey.verify(evidence, expectation, 0)
  if (!(ak instanceof VerifiedAttestationKey)) return ak.map(({ id }) => id).join(' ')
  const allowed = { ...expectation, sha1Signatures: true } as const
  const quote = VerifiedQuote.verify(evidence.quotes[0]!, ak, allowed, evidence.quotes)
  if (quote instanceof VerifiedQuote) return null
  // The signature is asked first, and the selection is the last that can hold without values.
  return pcrs === null && quote.id === 'quote.selection' ? null : quote.id
}

const noValues: PcrsByBank = new Map([['sha256', new Map()]])

/** What must be refused of a quote that holds: each byte of it changed, another nonce, another value, another PCR. */
export function changesOf(quoted: Quoted): Quoted[] {
  const { attest, signature, nonce, pcrs } = quoted
  const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 1)
  return [
    ...Array.from(attest, (_, at) => ({ ...quoted, attest: flipped(attest, at) })),
    { ...quoted, signature: flipped(signature, signature.length - 1) },
    { ...quoted, nonce: nonce === null ? new Uint8Array(7) : Uint8Array.of(...nonce, 0) },
    ...(pcrs === null ? [] : changedValues(pcrs).map((changed) => ({ ...quoted, pcrs: changed }))),
  ]
}

function changedValues(pcrs: PcrsByBank): PcrsByBank[] {
  return [...pcrs].flatMap(([bank, values]) => {
    const [[pcr, value]] = values as unknown as [[number, Uint8Array]]
    const other = new Map([...values, [pcr, value.map((byte) => byte ^ 1)] as const])
    const free = Array.from({ length: 24 }, (_, i) => i).find((i) => !values.has(i))
    const moved = new Map([...values].map(([i, held]) => [i === pcr ? (free ?? i) : i, held]))
    return [other, ...(free === undefined ? [] : [moved])].map((changed) =>
      new Map(pcrs).set(bank, changed),
    )
  })
}
