import type { RecommendationId } from '@trusted-launch/posture'

/**
 * What Azure calls each recommendation, and whether it is Azure's: where Azure has none the key is made up, and ours.
 * @see https://learn.microsoft.com/azure/defender-for-cloud/recommendations-reference-compute
 */
const rows: Readonly<Record<RecommendationId, readonly [key: string, isAzures: boolean]>> = {
  'trusted-launch': ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e01', false],
  'secure-boot.windows': ['69ad830b-d98c-b1cf-2158-9d69d38c7093', true],
  'secure-boot.linux': ['0396b18c-41aa-489c-affd-4ee5d1714a59', true],
  vtpm: ['861bbc73-0a55-8d1d-efc6-e92d9e1176e0', true],
  'guest-attestation-extension.windows-vm': ['874b14bd-b49e-495a-88c6-46acb89b0a33', true],
  'guest-attestation-extension.windows-scale-set': ['02e8ca50-0e7e-cc34-0b91-215af2904248', true],
  'guest-attestation-extension.linux-vm': ['e94a7421-fc27-7a4d-e9ba-2ba01384cacd', true],
  'guest-attestation-extension.linux-scale-set': ['a9a53f4f-26b6-3d68-33f3-2ec1f2452b5d', true],
  'guest-attestation-status': ['b7604066-ed76-45f9-a5c1-c97e4812dc55', true],
  'signed-boot-components': ['ad50b498-f90c-451f-886f-d0a169cc5002', true],
  'module-signatures': ['e2f798b8-621a-4d46-99d7-1310e09eba26', true],
  'certificate-rollover': ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e02', false],
  revocations: ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e03', false],
  'weak-keys': ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e04', false],
  'debug-settings': ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e05', false],
  'reference-values-approval': ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e06', false],
  'stale-evidence': ['7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e07', false],
}

/** The name of an assessment, a GUID. */
export function assessmentKey(id: RecommendationId): string {
  return rows[id][0]
}

/** Whether Azure has this recommendation, too. */
export function isAzures(id: RecommendationId): boolean {
  return rows[id][1]
}

/** The recommendation of a name, in any case of letters; null: there is none. */
export function recommendationOf(key: string): RecommendationId | null {
  const found = Object.entries(rows).find(([, [name]]) => name === key.toLowerCase())
  return found === undefined ? null : (found[0] as RecommendationId)
}
