import { decode, equalBytes, MalformedError } from '@trusted-launch/codec'
import { CryptoError, isDigestOf } from '@trusted-launch/crypto'
import {
  hashNameOf,
  nameOfPublic,
  TPM_ST,
  TPMS_ATTEST,
  TPMS_CREATION_DATA,
  TPMT_PUBLIC,
} from '@trusted-launch/tpm2'
import { findingOf } from '../finding-table.ts'
import type { Finding } from '../result.ts'
import { faultsOfArea } from '../verify-attestation-key.ts'
import { verifyTpmSignature } from '../verify-signature.ts'
import { keyOf } from './key-of.ts'

/** How an AK came to be, by its own word. Bytes as TPM2_Create and TPM2_CertifyCreation gave them. */
export interface CreationEvidence {
  /** TPMT_PUBLIC. */
  readonly akPublic: Uint8Array
  /** TPMS_CREATION_DATA. */
  readonly creationData: Uint8Array
  /** TPMS_ATTEST. */
  readonly attest: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
}

/** A creation that holds. */
export interface VerifiedCreation {
  /** Of the AK. */
  readonly name: Uint8Array
  /** What was taken only because somebody said so. */
  readonly findings: readonly Finding[]
}

/**
 * This verifies that: the AK may sign only what its TPM made, and is strong; the AK itself signed a
 * creation (TPM2_CertifyCreation) of an object of its own name; the creation's hash is that of the
 * creation data; and all parts read.
 *
 * It does not prove that the AK is a TPM's: a program can make all of it. That takes a certificate or
 * an activation, of this name.
 * @param allowed `sha1`: its signature may be over a SHA-1 digest; that is told.
 * @see TPM 2.0 Part 3, 18.3
 */
export function verifyCreation(
  given: CreationEvidence,
  allowed: { readonly sha1: boolean } = { sha1: false },
): VerifiedCreation | readonly Finding[] {
  try {
    return verify(given, allowed)
  } catch (e) {
    if (!(e instanceof MalformedError || e instanceof CryptoError)) throw e
    return [findingOf({ id: 'attestation-key.malformed', summary: e.message })]
  }
}

function verify(
  given: CreationEvidence,
  allowed: { readonly sha1: boolean },
): VerifiedCreation | readonly Finding[] {
  const area = decode(TPMT_PUBLIC, given.akPublic)
  const key = keyOf(area)
  const name = nameOfPublic(area)
  const faults = faultsOfArea(area, key)
  // check 2
  if (faults.length > 0) return faults
  const signed = verifyTpmSignature(key, given.attest, given.signature, allowed)
  // check 5
  if (typeof signed === 'string') return refused(`its signature does not hold (${signed})`)
  decode(TPMS_CREATION_DATA, given.creationData)
  const attest = decode(TPMS_ATTEST, given.attest)
  // check 3
  if (attest.type !== TPM_ST.ATTEST_CREATION) return refused('what was signed is no creation')
  // check 3
  if (!equalBytes(attest.attested.objectName, name)) return refused('it is of another key')
  const { creationHash } = attest.attested
  // check 3
  if (!isDigestOf(hashNameOf(area.nameAlg)!, given.creationData, creationHash))
    return refused('the creation data is not what was signed')
  return { name, findings: signed.hash === 'sha1' ? [sha1] : [] }
}

const sha1 = findingOf({
  id: 'attestation-key.creation.sha1',
  summary: "The key's creation is signed over a SHA-1 digest.",
})

function refused(why: string): readonly Finding[] {
  return [findingOf({ id: 'attestation-key.creation', summary: `The key's creation: ${why}.` })]
}
