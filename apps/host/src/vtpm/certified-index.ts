import { decode, equalBytes, MalformedError } from '@trusted-launch/codec'
import { PublicKey, verifySignature } from '@trusted-launch/crypto'
import { TPM_ALG, TPM_ST, TPMS_ATTEST, TPMT_PUBLIC, TPMT_SIGNATURE } from '@trusted-launch/tpm2'
import { spkiOf } from './provision.ts'
import { ROLLBACK_NAME } from './rollback-index.ts'

/** The rollback index as the guest's agent hands it out: hostile bytes until verified. */
export interface CertifiedIndex {
  /** TPMS_ATTEST, as signed. */
  readonly attest: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
}

/**
 * What the rollback index holds, by the word of the AK on record over this nonce; null when it is not
 * so certified.
 *
 * This verifies that: the signature over the bytes as received is the AK's, RSASSA with SHA-256 · they
 * are an NV certification · of our index, extend-only, by its name · over this nonce.
 *
 * @see TPM 2.0 Part 3, TPM2_NV_Certify
 */
export function verifyCertifiedIndex(
  { attest, signature }: CertifiedIndex,
  akPublic: Uint8Array,
  nonce: Uint8Array,
): Uint8Array | null {
  try {
    const { sigAlg, signature: signed } = decode(TPMT_SIGNATURE, signature)
    if (sigAlg !== TPM_ALG.RSASSA || signed.hash !== TPM_ALG.SHA256) return null
    const key = PublicKey.fromSpki(spkiOf(decode(TPMT_PUBLIC, akPublic)))
    const scheme = { scheme: 'rsassa', hash: 'sha256' } as const
    if (!verifySignature(key, scheme, attest, signed.sig)) return null
    const { type, extraData, attested } = decode(TPMS_ATTEST, attest)
    if (type !== TPM_ST.ATTEST_NV || !equalBytes(extraData, nonce)) return null
    return contentOf(attested)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function contentOf(attested: unknown): Uint8Array | null {
  const { indexName, offset, nvContents } = attested as {
    indexName: Uint8Array
    offset: number
    nvContents: Uint8Array
  }
  const whole = offset === 0 && nvContents.length === 32
  return whole && equalBytes(indexName, ROLLBACK_NAME) ? nvContents.slice() : null
}
