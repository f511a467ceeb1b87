import { decode, MalformedError } from '@trusted-launch/codec'
import { type HashName, type PublicKey, verifySignature } from '@trusted-launch/crypto'
import { hashNameOf, TPM_ALG, TPMT_SIGNATURE } from '@trusted-launch/tpm2'

/** Why a TPM's signature is not believed. */
export type TpmSignatureFault = 'malformed' | 'algorithm' | 'signature'

const allowedHashes: readonly HashName[] = ['sha256', 'sha384', 'sha512']

/**
 * Verifies a TPMT_SIGNATURE over bytes as they came. Gives the hash it was made with: the same that
 * a quote's pcrDigest is of. Schemes that do not fit the key are refused, and SHA-1 too.
 * @param allowed `sha1`: it is taken where somebody said so; who asks tells of it
 *   (docs/decisions/0012-sha-1-signatures.md).
 */
export function verifyTpmSignature(
  key: PublicKey,
  message: Uint8Array,
  bytes: Uint8Array,
  allowed: { readonly sha1: boolean } = { sha1: false },
): { readonly hash: HashName } | TpmSignatureFault {
  const given = decodeSignature(bytes)
  if (given === null) return 'malformed'
  const { sigAlg, signature } = given
  if (sigAlg === TPM_ALG.RSASSA || sigAlg === TPM_ALG.RSAPSS) {
    const hash = hashOf(signature.hash, allowed)
    if (hash === null || key.kind !== 'rsa') return 'algorithm'
    const scheme = sigAlg === TPM_ALG.RSASSA ? 'rsassa' : 'rsapss'
    const holds = verifySignature(key, { scheme, hash }, message, signature.sig)
    return holds ? { hash } : 'signature'
  }
  if (sigAlg !== TPM_ALG.ECDSA) return 'algorithm'
  const hash = hashOf(signature.hash, allowed)
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

function hashOf(alg: number, allowed: { readonly sha1: boolean }): HashName | null {
  const hash = hashNameOf(alg)
  if (hash === 'sha1' && allowed.sha1) return hash
  return hash !== null && allowedHashes.includes(hash) ? hash : null
}
