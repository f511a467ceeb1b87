import { decode, MalformedError } from '@trusted-launch/codec'
import { type HashName, type PublicKey, verifySignature } from '@trusted-launch/crypto'
import { hashNameOf, TPM_ALG, TPMT_SIGNATURE } from '@trusted-launch/tpm2'

/** Why a TPM's signature is not believed. */
export type TpmSignatureFault = 'malformed' | 'algorithm' | 'signature'

const allowedHashes: readonly HashName[] = ['sha256', 'sha384', 'sha512']

/**
 * Verifies a TPMT_SIGNATURE over bytes as they came. Gives the hash it was made with: the same that
 * a quote's pcrDigest is of. SHA-1 and schemes that do not fit the key are refused.
 */
export function verifyTpmSignature(
  key: PublicKey,
  message: Uint8Array,
  bytes: Uint8Array,
): { readonly hash: HashName } | TpmSignatureFault {
  const given = decodeSignature(bytes)
  if (given === null) return 'malformed'
  const { sigAlg, signature } = given
  if (sigAlg === TPM_ALG.RSASSA || sigAlg === TPM_ALG.RSAPSS) {
    const hash = hashOf(signature.hash)
    if (hash === null || key.kind !== 'rsa') return 'algorithm'
    const scheme = sigAlg === TPM_ALG.RSASSA ? 'rsassa' : 'rsapss'
    const holds = verifySignature(key, { scheme, hash }, message, signature.sig)
    return holds ? { hash } : 'signature'
  }
  if (sigAlg !== TPM_ALG.ECDSA) return 'algorithm'
  const hash = hashOf(signature.hash)
  if (hash === null || key.kind !== 'ec') return 'algorithm'
  const numbers = { r: signature.signatureR, s: signature.signatureS }
  const holds = verifySignature(key, { scheme: 'ecdsa', hash }, message, numbers)
  return holds ? { hash } : 'signature'
}

function decodeSignature(bytes: Uint8Array): TPMT_SIGNATURE | null {
  try {
    return decode(TPMT_SIGNATURE, bytes)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function hashOf(alg: number): HashName | null {
  const hash = hashNameOf(alg)
  return hash !== null && allowedHashes.includes(hash) ? hash : null
}
