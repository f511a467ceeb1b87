import type { RecommendationKind } from './recommendation-kind.ts'
import { certificateRollover } from './recommendations/certificate-rollover.ts'
import { debugSettings } from './recommendations/debug-settings.ts'
import { guestAttestationExtension } from './recommendations/guest-attestation-extension.ts'
import { guestAttestationStatus } from './recommendations/guest-attestation-status.ts'
import { moduleSignatures } from './recommendations/module-signatures.ts'
import { referenceValuesApproval } from './recommendations/reference-values-approval.ts'
import { revocations } from './recommendations/revocations.ts'
import { secureBoot } from './recommendations/secure-boot.ts'
import { signedBootComponents } from './recommendations/signed-boot-components.ts'
import { staleEvidence } from './recommendations/stale-evidence.ts'
import { trustedLaunch } from './recommendations/trusted-launch.ts'
import { vtpm } from './recommendations/vtpm.ts'
import { weakKeys } from './recommendations/weak-keys.ts'

/**
 * Every recommendation there is, by its id. An id is stable: it is never given another meaning. What Azure calls
 * it is not known here. docs/recommendations.md is made of this table.
 */
export const RECOMMENDATIONS = {
  'trusted-launch': trustedLaunch,
  'secure-boot.windows': secureBoot('Windows'),
  'secure-boot.linux': secureBoot('Linux'),
  vtpm,
  'guest-attestation-extension.windows-vm': guestAttestationExtension('Windows', 'vm'),
  'guest-attestation-extension.windows-scale-set': guestAttestationExtension(
    'Windows',
    'scale-set',
  ),
  'guest-attestation-extension.linux-vm': guestAttestationExtension('Linux', 'vm'),
  'guest-attestation-extension.linux-scale-set': guestAttestationExtension('Linux', 'scale-set'),
  'guest-attestation-status': guestAttestationStatus,
  'signed-boot-components': signedBootComponents,
  'module-signatures': moduleSignatures,
  'certificate-rollover': certificateRollover,
  revocations,
  'weak-keys': weakKeys,
  'debug-settings': debugSettings,
  'reference-values-approval': referenceValuesApproval,
  'stale-evidence': staleEvidence,
} as const satisfies Record<string, RecommendationKind>

/** The id of a recommendation. */
export type RecommendationId = keyof typeof RECOMMENDATIONS
