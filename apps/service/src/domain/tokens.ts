import { isDeepStrictEqual } from 'node:util'
import { ArmError, faults } from '@trusted-launch/api'
import {
  type AttestationResult,
  boundNonce,
  CLAIM_FORMS,
  type Failure,
  failedBefore,
  formatCanonical,
  type Json,
  type Policy,
  type ReferenceVariant,
  TOKEN_LIFETIME_SECONDS_MAX,
  withMemory,
} from '@trusted-launch/attestation'
import { fromUtf8, MalformedError } from '@trusted-launch/codec'
import { CryptoError, fromBase64url, jwkOf, keyOfJwk } from '@trusted-launch/crypto'
import { type Alert, alertKindOf, type EffectivePlan, isOpen } from '@trusted-launch/posture'
import { alertOf, alertRowsOf } from './alerts.ts'
import { planOf } from './plans.ts'
import { policyFor } from './policies.ts'
import { referenceIn, referencesFor } from './references/kept.ts'
import { standingOf } from './standing.ts'
import type { Attestation, JsonObject, Resource, Tables } from './store.ts'
import { documentOf } from './versioned.ts'

/** What a relying party, or who asks for it, wants of a token. */
export interface TokenAsked {
  readonly audience: string
  /** What a fresh quote is to cover; null: nothing, and the latest verdict is told. */
  readonly binding: {
    readonly jwk: string | null
    readonly nonce: string | null
  } | null
}

const AUDIENCE = /^[!-~]{1,256}$/
/** An hour is what a token is good for, where an attestation's interval is not less. */
const LIFETIME_SECONDS = 3_600
/** One that is good for less is of no use. */
const LIFETIME_SECONDS_MIN = 30
/** Of open failures, so many of their findings are named. */
const FINDINGS_MAX = 16
/** A service nonce that binds nothing: for looking whether the rest can be bound. */
const NO_NONCE = new Uint8Array(32)

/** @throws {ArmError} 400 */
export function tokenAskedIn(body: JsonObject | null): TokenAsked {
  const { audience, nonce = null, key = null, ...more } = body ?? {}
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw new ArmError(faults.invalidParameter(unknown))
  if (typeof audience !== 'string' || !AUDIENCE.test(audience))
    throw new ArmError(faults.invalidParameter('audience'))
  if (nonce !== null && typeof nonce !== 'string')
    throw new ArmError(faults.invalidParameter('nonce'))
  if (nonce === null && key === null) return { audience, binding: null }
  const binding = { jwk: key === null ? null : publicJwk(key), nonce }
  try {
    boundNonce({ ...binding, serviceNonce: NO_NONCE })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ArmError(faults.invalidRequestContent(error.message))
  }
  return { audience, binding }
}

/** The public key alone, in one form: nothing else of what was sent is in a token. @throws {ArmError} 400 */
function publicJwk(key: Json): string {
  try {
    return formatCanonical(jwkOf(keyOfJwk(key)) as unknown as Json)
  } catch (error) {
    const isForeseen =
      error instanceof MalformedError || error instanceof CryptoError || error instanceof RangeError
    if (!isForeseen) throw error
    throw new ArmError(faults.invalidRequestContent(`key: ${error.message}`))
  }
}

/** Signs a verdict for an audience. */
export type Issue = (
  result: AttestationResult,
  recordSha256: string,
  audience: string,
  lifetimeSeconds: number,
) => Promise<IssuedToken>

/** A token, and until when it is good: milliseconds since 1970. */
export interface IssuedToken {
  readonly token: string
  readonly expiresAt: number
}

/** What a token of a verdict is to say, and for how long. */
export interface TokenTerms {
  readonly attestation: Attestation
  readonly audience: string
  readonly result: AttestationResult
  readonly recordSha256: string
  readonly lifetimeSeconds: number
}

/**
 * By the plan of the VM.
 * @param fresh the quote was asked for by this audience: the token is bound to what it covers. Else to nothing, though
 *   the latest quote may cover another's nonce and key.
 * @throws {ArmError} `AttestationStale`
 */
export async function termsOf(
  tables: Tables,
  vm: Resource,
  attestation: Attestation,
  audience: string,
  now: number,
  { fresh }: { readonly fresh: boolean },
): Promise<TokenTerms> {
  const plan = await planOf(tables, vm)
  const lifetimeSeconds = lifetimeOf(attestation, plan, now)
  const { result, recordSha256, madeBy } = resultFor(attestation, audience, plan)
  await requireHeld(tables, vm, attestation, madeBy)
  const alerts = (await alertRowsOf(tables, vm)).map(alertOf)
  const failure = (await standingOf(tables, vm, alerts)).failure ?? openFailure(alerts)
  const findings = failure === null ? [] : [failedBefore(failure)]
  const bound = fresh ? result : { ...result, binding: null }
  const told = withMemory(bound, { findings })
  return { attestation, audience, lifetimeSeconds, result: told, recordSha256 }
}

/**
 * What a verdict was made by holds still: its policy is the one that the plan names, and of what was approved nothing
 * was taken back.
 * @throws {ArmError} `AttestationStale`
 */
async function requireHeld(
  tables: Tables,
  vm: Resource,
  { at }: Attestation,
  { policy, approved }: MadeBy,
): Promise<void> {
  const known = new Set((await referencesFor(tables, vm)).map((row) => referenceIn(row).variant))
  const now = documentOf(await policyFor(tables, vm))
  const gone = isDeepStrictEqual(documentOf(policy), now)
    ? approved.every((variant) => known.has(variant))
      ? null
      : 'reference values that were revoked since'
    : 'another policy than holds now'
  if (gone === null) return
  const since = new Date(at).toISOString()
  const message = `The latest verdict, of ${since}, was made by ${gone}. Ask with a nonce or a key for a fresh one, or have the virtual machine attested.`
  throw new ArmError({ status: 409, code: 'AttestationStale', message })
}

/** What was seen beside verdicts (of the host, say) and nobody closed; null: nothing. */
function openFailure(alerts: readonly Alert[]): Failure | null {
  const open = alerts.filter((one) => isOpen(one) && alertKindOf(one.type).isFailure)
  const [first] = open.sort((a, b) => a.firstSeen - b.firstSeen)
  if (first === undefined) return null
  const findings = open.flatMap((one) => one.findings.map(({ id }) => id)).slice(0, FINDINGS_MAX)
  return { time: first.firstSeen, findings, evidenceSha256: first.evidence }
}

/** The token as a client gets it. Not in a transaction: whose key it is may change meanwhile. */
export async function issuedBy(
  issue: Issue,
  { attestation, audience, result, recordSha256, lifetimeSeconds }: TokenTerms,
): Promise<JsonObject> {
  const { token, expiresAt } = await issue(result, recordSha256, audience, lifetimeSeconds)
  const [expires, at] = [expiresAt, attestation.at].map((ms) => new Date(ms).toISOString())
  const { id: evidence } = attestation
  const { tier } = result
  return { token, expiresOn: expires!, tier, evidence, evidenceTime: at! }
}

/**
 * For how long a token of a verdict is good: never longer than until the next one is due.
 * @throws {ArmError} `AttestationStale`: the next one is due, or nearly.
 */
export function lifetimeOf(
  { at }: Pick<Attestation, 'at'>,
  { intervalSeconds: { value: interval } }: EffectivePlan,
  now: number,
): number {
  const left = Math.floor((at - now) / 1000) + interval
  if (left >= LIFETIME_SECONDS_MIN)
    return Math.min(left, LIFETIME_SECONDS, TOKEN_LIFETIME_SECONDS_MAX)
  const since = new Date(at).toISOString()
  const message = `The latest verdict, of ${since}, is stale: another one is due every ${interval} seconds. Ask with a nonce or a key for a fresh one, or have the virtual machine attested.`
  throw new ArmError({ status: 409, code: 'AttestationStale', message })
}

/**
 * The verdict as an audience is told it: whether something is so, numbers, and digests. Text and lists of the guest's
 * inside (command line, paths, images, authorities) only where the plan lists the claim for that audience.
 */
export function resultFor(
  { record, tier, findings }: Attestation,
  audience: string,
  { audiences }: EffectivePlan,
): {
  readonly result: AttestationResult
  readonly recordSha256: string
  readonly madeBy: MadeBy
} {
  const { record: made, token } = JSON.parse(new TextDecoder().decode(record))
  const { recordSha256 } = JSON.parse(fromUtf8(fromBase64url(token.split('.')[1])))
  const { result } = made
  const listed = Object.hasOwn(audiences.value, audience) ? audiences.value[audience]!.claims : []
  const claims = Object.entries((result as AttestationResult).claims).filter(
    ([name]) => isPlain(name) || listed.includes(name),
  )
  const told = { ...result, tier, findings, claims: Object.fromEntries(claims) }
  const variants: readonly ReferenceVariant[] = made.references?.variants ?? []
  const approved = variants.filter(({ approval }) => typeof approval !== 'string')
  const madeBy = { policy: made.policy, approved: approved.map(({ name }) => name) }
  return { result: told, recordSha256, madeBy }
}

/** What a verdict was made by: the policy, and the names of the variants that somebody approved. */
interface MadeBy {
  readonly policy: Policy
  readonly approved: readonly string[]
}

function isPlain(claim: string): boolean {
  const form = Object.hasOwn(CLAIM_FORMS, claim) ? CLAIM_FORMS[claim] : null
  return form === 'flag' || form === 'number' || /^variable-/.test(claim)
}
