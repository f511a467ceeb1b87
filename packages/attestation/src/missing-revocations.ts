import { toHex } from '@trusted-launch/codec'
import { GUIDS } from '@trusted-launch/uefi'
import { claimsOf } from './claims.ts'
import { databaseNamed } from './measured-variables.ts'
import { type VerifiableInput, verifyEvidence } from './verify-evidence.ts'

/**
 * How many of Microsoft's revocations the dbx that a boot measured lacks. What else a vendor forbids (a certificate, an
 * SBAT level) is not counted.
 *
 * @param current SHA-256 digests of the images that are revoked now (Authenticode), hexadecimal.
 * @returns null: the evidence does not show what dbx holds, or KEK and db trust nothing of Microsoft's, so that its
 *   revocations are not about this VM.
 */
export function missingRevocations(
  input: VerifiableInput,
  current: ReadonlySet<string>,
): number | null {
  const { log, findings } = verifyEvidence(input)
  if (log === null || findings.some(({ severity }) => severity === 'high')) return null
  const trusted = claimsOf(log)['microsoft-authorities']
  if (trusted?.verified !== true || !Array.isArray(trusted.value) || trusted.value.length === 0)
    return null
  const dbx = databaseNamed(log, 'dbx')
  const entries = dbx?.nameVouchedFor === true ? dbx.database.entries : null
  if (entries === null) return null
  const digests = entries.filter(
    ({ signatureType }) => signatureType === GUIDS.EFI_CERT_SHA256_GUID,
  )
  const held = new Set(digests.map(({ signatureData }) => toHex(signatureData)))
  return [...current].filter((digest) => !held.has(digest)).length
}
