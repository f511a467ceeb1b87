import { formatCanonical, formatted, formattedAs, type Json } from '../canonical-json.ts'
import { once } from '../frozen.ts'
import type { AttestationResult, Claim } from '../result.ts'
import { formatTime } from '../time.ts'
import { azureNamesOf, secureBootShown } from './azure-names.ts'
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
  const binding = result.binding !== null && isFresh(result, timeMs) ? result.binding : null
  const { policy, evidence } = result
  const { platform, boot } = appraisalsOf(result)
  // In the order of canonical JSON; what is undefined is left out.
  return {
    aud: audience ?? undefined,
    claims: claimsJson(result.claims),
    cnf: binding?.jwk == null ? undefined : { jwk: binding.jwk },
    'ear.status': result.tier,
    'ear.verifier-id': verifierId,
    ear_status: result.tier,
    ear_verifier_id: verifierId,
    eat_nonce: binding?.nonce ?? undefined,
    eat_profile: EAR_PROFILE,
    evidenceNonce: result.nonce,
    evidenceSha256: evidence?.sha256 ?? null,
    evidenceTime: result.time,
    exp: iat + lifetimeSeconds,
    findings: findingsJson(result.findings),
    findingsTotal: result.findings.length,
    generation: result.generation,
    iat,
    iss: issuer,
    nbf: iat,
    policyId: policy.id,
    policySha256: policy.sha256,
    recordSha256,
    secureboot: secureBootShown(result),
    sub: result.vm,
    submods: { boot: submodule(boot, policy), platform: submodule(platform, policy) },
    ...azureNamesOf(result, binding),
  }
}

/** Each claim under the draft's name, and under that of its earlier form, which today's readers know. */
function submodule(
  { tier, vector }: SubmoduleAppraisal,
  policy: AttestationResult['policy'],
): Json {
  const id = `urn:trusted-launch:policy:${policy.id}:${policy.sha256}`
  const vectorText = vectorJson(vector)
  return {
    'ear.appraisal-policy-id': id,
    'ear.status': tier,
    'ear.trustworthiness-vector': vectorText,
    ear_appraisal_policy_ids: [id],
    ear_status: tier,
    ear_trustworthiness_vector: vectorText,
  }
}

const vectorJson = once((vector: TrustVector) => formatted({ ...vector }))

/** Whether the quote was made just before: RFC 3339 in one form sorts as time does. */
function isFresh({ time }: AttestationResult, timeMs: number): boolean {
  const now = formatTime(timeMs)
  return time === now || (time < now && formatTime(Math.max(0, timeMs - freshMs)) <= time)
}

const findingsMax = 32
const valueCharsMax = 128

/** The weightiest findings by name: a guest can make any number of them. */
function findingsJson(findings: AttestationResult['findings']): Json {
  return findings.slice(0, findingsMax).map(({ id, severity }) => ({ id, severity }))
}

/** Each claim's value and whether it is verified; one that is long is in the record only. */
function claimsJson(claims: AttestationResult['claims']): Json {
  let told = ''
  for (const name of inOrder(Object.keys(claims))) {
    const text = claimText(claims[name]!)
    if (text !== null) told += `${told === '' ? '' : ','}${formatCanonical(name)}:${text}`
  }
  return formattedAs(`{${told}}`)
}

let names: readonly string[] = []
let sorted: readonly string[] = []

/** Names in the order of canonical JSON; those of one result are mostly the last one's. */
function inOrder(given: readonly string[]): readonly string[] {
  if (given.length !== names.length || given.some((name, i) => name !== names[i])) {
    names = given
    sorted = [...given].sort()
  }
  return sorted
}

const claimText = once(({ value, verified }: Claim): string | null => {
  if (value === null) return null
  const text = formatCanonical(value)
  return text.length > valueCharsMax ? null : `{"value":${text},"verified":${verified}}`
})
