import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** Whose key it is. */
export const identityFindings = {
  'attestation-key.unavailable': row(
    1,
    COMPONENT.attestationKey,
    'high',
    true,
    'Take back the endorsement authorization that the guest set (TPM2_HierarchyChangeAuth), or clear its TPM.',
  ),
  'attestation-key.bare': row(
    2,
    COMPONENT.attestationKey,
    'info',
    true,
    'Give the key as TPM2B_PUBLIC, as tpm2_createak -u writes it: its attributes are then checked.',
  ),
  'attestation-key.certificate.not-judged': row(
    1,
    COMPONENT.attestationKey,
    'info',
    true,
    "Name the authority that issues the keys' certificates.",
  ),
  'attestation-key.malformed': row(3, COMPONENT.attestationKey, 'high', false, ADVICE.forged),
  'attestation-key.foreign': row(1, COMPONENT.attestationKey, 'high', false, ADVICE.foreign),
  'attestation-key.retired-generation': row(
    1,
    COMPONENT.attestationKey,
    'high',
    false,
    ADVICE.foreign,
  ),
  'attestation-key.attributes': row(2, COMPONENT.attestationKey, 'high', false, ADVICE.foreign),
  'attestation-key.weak': row(2, COMPONENT.attestationKey, 'high', false, ADVICE.foreign),
  'attestation-key.certificate.missing': row(
    1,
    COMPONENT.attestationKey,
    'high',
    true,
    'Restart the VM: its host renews the certificate before each boot.',
  ),
  'attestation-key.certificate.malformed': row(
    1,
    COMPONENT.attestationKey,
    'high',
    true,
    'Restart the VM: its host renews the certificate before each boot.',
  ),
  'attestation-key.certificate.other-key': row(
    1,
    COMPONENT.attestationKey,
    'high',
    true,
    ADVICE.foreign,
  ),
  'attestation-key.certificate.other-vm': row(
    1,
    COMPONENT.attestationKey,
    'high',
    true,
    ADVICE.foreign,
  ),
  'attestation-key.certificate.untrusted': row(
    1,
    COMPONENT.attestationKey,
    'high',
    true,
    'Restart the VM so that its certificate is renewed, or trust the authority that issued it.',
  ),
} as const satisfies Record<string, FindingKind>
