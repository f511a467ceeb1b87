import { formatted, type Json } from '../canonical-json.ts'
import { once } from '../frozen.ts'
import type { AttestationResult, Claim } from '../result.ts'
import { formatTime } from '../time.ts'
import { azureNamesOf } from './azure-names.ts'
import type { TokenIssuer } from './token.ts'
import { appraisalsOf, type SubmoduleAppraisal, type TrustVector } from './trust-vector.ts'

/** The profile of the claims: draft-ietf-rats-ear-04, "EAR Claims". */
export const EAR_PROFILE = 'tag:ietf.org,2026:rats/ear#04'
const verifierId = formatted({ build: 'trusted-launch', developer: 'trusted-launch' })
/** So long a quote is fresh: as long as an answer is waited for. */
const freshMs = 300_000

/**
 * What a token says of a result: a function of the arguments only.
 * @param recordSha256 of the whole appraisal record, hexadecimal.
 * @param timeMs when it is issued.
 */
export function claimsOfToken(
  result: AttestationResult,
  recordSha256: string,
  timeMs: number,
  { issuer, audience, lifetimeSeconds }: Omit<TokenIssuer, 'key'>,
): Json {
  const iat = Math.floor(timeMs / 1000)
  const binding = isFresh(result, timeMs) ? result.binding : null
  const { policy, evidence } = result
  const appraisals = Object.entries(appraisalsOf(result))
  return {
    ...azureNamesOf(result, binding),
    iss: issuer,
    sub: result.vm,
    ...(audience === null ? {} : { aud: audience }),
    iat,
    nbf: iat,
    exp: iat + lifetimeSeconds,
    eat_profile: EAR_PROFILE,
    ...(binding?.nonce == null ? {} : { eat_nonce: binding.nonce }),
    ...(binding?.jwk == null ? {} : { cnf: { jwk: binding.jwk } }),
    ...ear('verifier_id', verifierId),
    ...ear('status', result.tier),
    submods: Object.fromEntries(appraisals.map(([name, one]) => [name, submodule(one, policy)])),
    evidenceTime: result.time,
    evidenceNonce: result.nonce,
    evidenceSha256: evidence?.sha256 ?? null,
    recordSha256,
    policyId: policy.id,
    policySha256: policy.sha256,
    generation: result.generation,
    ...findingsJson(result.findings),
    claims: claimsJson(result.claims),
  }
}

function submodule(
  { tier, vector }: SubmoduleAppraisal,
  policy: AttestationResult['policy'],
): Json {
  const id = `urn:trusted-launch:policy:${policy.id}:${policy.sha256}`
  return {
    ...ear('status', tier),
    ...ear('trustworthiness_vector', vectorJson(vector)),
    ear_appraisal_policy_ids: [id],
    'ear.appraisal-policy-id': id,
  }
}

const vectorJson = once((vector: TrustVector) => formatted({ ...vector }))

/** A claim under the draft's name, and under that of its earlier form, which today's readers know. */
function ear(name: string, value: Json): Record<string, Json> {
  return { [`ear_${name}`]: value, [`ear.${name.replaceAll('_', '-')}`]: value }
}

/** Whether the quote was made just before: RFC 3339 in one form sorts as time does. */
function isFresh({ time }: AttestationResult, timeMs: number): boolean {
  return formatTime(Math.max(0, timeMs - freshMs)) <= time && time <= formatTime(timeMs)
}

const findingsMax = 32
const valueCharsMax = 128

/** The weightiest findings by name, and how many there are: a guest can make any number of them. */
function findingsJson(findings: AttestationResult['findings']): Record<string, Json> {
  const told = findings.slice(0, findingsMax).map(({ id, severity }) => ({ id, severity }))
  return { findings: told, findingsTotal: findings.length }
}

/** Each claim's value and whether it is verified; one that is long is in the record only. */
function claimsJson(claims: AttestationResult['claims']): Json {
  const told: Record<string, Json> = {}
  for (const [name, claim] of Object.entries(claims)) {
    const json = claimJson(claim)
    if (json !== null) told[name] = json
  }
  return told
}

const claimJson = once(({ value, verified }: Claim): Json => {
  const isShort = value !== null && JSON.stringify(value).length <= valueCharsMax
  return isShort ? formatted({ value, verified }) : null
})
