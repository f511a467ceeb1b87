import type { Claim } from './result.ts'
import type { VerifiedAttestationKey } from './verify-attestation-key.ts'

/**
 * What is known of the AK: `attestation-key`, who vouches for it (`certificate`: an anchor does;
 * `given`: only whoever asked), and `attestation-key-restricted`, that it signs only what its TPM made.
 */
export function keyClaims(key: VerifiedAttestationKey): Record<string, Claim> {
  const certified = key.chain.length > 0
  return {
    'attestation-key': {
      value: certified ? 'certificate' : 'given',
      verified: certified,
      events: [],
    },
    'attestation-key-restricted': {
      value: key.hasAttributes ? true : null,
      verified: key.hasAttributes,
      events: [],
    },
  }
}
