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

/** Azure's built-in policy that asks for the same, where there is one. */
const policyDefinitions: Readonly<Partial<Record<RecommendationId, string>>> = {
  'secure-boot.windows': '97566dd7-78ae-4997-8b36-1c7bfe0d8121',
  'secure-boot.linux': 'b1bb3592-47b8-4150-8db0-bfdcc2c8965b',
  vtpm: '1c30f9cd-b84c-49cc-aa2c-9288447cc3b3',
  'guest-attestation-extension.windows-vm': '1cb4d9c2-f88f-4069-bee0-dba239a57b09',
  'guest-attestation-extension.windows-scale-set': 'f655e522-adff-494d-95c2-52d4f6d56a42',
  'guest-attestation-extension.linux-vm': '672fe5a1-2fcd-42d7-b85d-902b6e28c6ff',
  'guest-attestation-extension.linux-scale-set': 'a21f8c92-9e22-4f09-b759-50500d1d2dda',
  'guest-attestation-status': 'f6358610-e532-4236-b178-4c65865eb262',
  'signed-boot-components': '13a6c84f-49a5-410a-b5df-5b880c3fe009',
}

/** The GUID of Azure's policy definition; null: there is none that is known. */
export function policyDefinition(id: RecommendationId): string | null {
  return policyDefinitions[id] ?? null
}
