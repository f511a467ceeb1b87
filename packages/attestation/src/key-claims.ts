import type { Claims } from './claims.ts'
import type { Expectation } from './expectation.ts'
import type { VerifiedAttestationKey } from './verify-attestation-key.ts'

/**
 * The claims, with what is known of the AK: `attestation-key`, who vouches for it (`certificate`: an anchor does;
 * `given`: only whoever asked), and `attestation-key-restricted`, that it signs only what its TPM made.
 * The boot counter that a given key signs may be hidden behind a TPM's secret (Part 1, 36.7), so it is not
 * verified.
 */
export function keyClaims(
  key: VerifiedAttestationKey,
  { givenKey }: Expectation,
  claims: Claims,
): Claims {
  const certified = key.chain.length > 0
  const counter = claims['boot-counter']
  const doubted = givenKey === undefined || counter === undefined ? null : counter
  return {
    ...claims,
    ...(doubted === null ? {} : { 'boot-counter': { ...doubted, verified: false } }),
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
