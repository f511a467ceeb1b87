import { type Evidence, encodeEvidence } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { bootChainOf } from './boot-chain.ts'
import { encodeCanonical } from './canonical-json.ts'
import { checkIma } from './check-ima.ts'
import { runChecks } from './checks.ts'
import { type Claims, claimsOf } from './claims.ts'
import { compareFirmware } from './compare-firmware.ts'
import { compareEvents, compareReferences } from './compare-references.ts'
import type { Expectation, RollbackState } from './expectation.ts'
import { expectationJson } from './expectation-json.ts'
import { findingOf, sortFindings } from './finding-table.ts'
import { applyPolicy, encodePolicy, type Policy, severityOfUnlearnt } from './policy.ts'
import { encodeReferenceValues, type ReferenceValues } from './reference-values.ts'
import { type AttestationResult, type BootStage, type Finding, tierOfFindings } from './result.ts'
import { formatTime } from './time.ts'
import { VerifiedAttestationKey } from './verify-attestation-key.ts'
import { VerifiedEventLog } from './verify-event-log.ts'
import { VerifiedQuote } from './verify-quote.ts'
import { verifyRollback } from './verify-rollback.ts'

/** Everything a verdict is a function of. */
export interface AppraisalInput {
  readonly evidence: Evidence
  readonly expectation: Expectation
  /** Null: nothing to compare with, so never affirming (under the default policy a warning). */
  readonly references: ReferenceValues | null
  readonly policy: Policy
  /** Milliseconds since 1970: when the evidence was taken. */
  readonly time: number
}

/** A verdict, and what to remember for the next one. */
export interface Appraised {
  readonly result: AttestationResult
  readonly findings: readonly Finding[]
  readonly claims: Claims
  readonly chain: readonly BootStage[]
  /** Null: the recorded state stays as it is. */
  readonly rollback: RollbackState | null
  /** SHA-256 fingerprint of the anchor that the AK's certificate leads to; null: none. */
  readonly anchor: string | null
}

interface Verified {
  readonly key: VerifiedAttestationKey | null
  readonly quotes: readonly VerifiedQuote[]
  readonly log: VerifiedEventLog | null
  readonly findings: readonly Finding[]
  readonly rollback: RollbackState | null
}

/**
 * The verdict on one piece of evidence. The order is fixed and each step is needed by the next: the
 * attestation key, the quotes, the logs, what they mean, what they ought to be, what policy wants.
 * A step that fails ends it: nothing is said about what could not be verified.
 *
 * It reads no clock and draws nothing: the same inputs give the same bytes. It does not know whether
 * the nonce was used before: that is for who stores nonces.
 */
export function appraiseEvidence(input: AppraisalInput): Appraised {
  const verified = verify(input)
  const { log } = verified
  const findings = [...verified.findings]
  const claims = log === null ? {} : claimsOf(log)
  let chain: readonly BootStage[] = []
  if (log !== null) {
    const { references, policy } = input
    const compared = references === null ? null : compareEvents(log, references)
    findings.push(...runChecks(log), ...checkIma(log, references))
    if (references !== null) {
      findings.push(...compareReferences(log, references, compared!))
      findings.push(...firmwareFindings(log, input))
    }
    findings.push(...applyPolicy(policy, { claims, references }))
    chain = bootChainOf(log, compared, references)
  }
  const sorted = sortFindings(withoutRepeats(findings))
  const result = conclude(input, input.evidence, verified, sorted, claims, chain)
  const anchor = verified.key?.chain.at(-1) ?? null
  return {
    result,
    findings: sorted,
    claims,
    chain,
    rollback: verified.rollback,
    anchor: anchor === null ? null : toHex(anchor.fingerprint),
  }
}

function verify(input: AppraisalInput): Verified {
  const { evidence, expectation, time } = input
  const none = { key: null, quotes: [], log: null, rollback: null }
  const key = VerifiedAttestationKey.verify(evidence, expectation, time)
  if (!(key instanceof VerifiedAttestationKey)) return { ...none, findings: key }
  const { quotes, findings } = verifyQuotes(input, key)
  if (findings.length > 0) return { ...none, key, findings }
  const notes = quotes.slice(0, 1).flatMap(noteOfClock)
  const rollback =
    expectation.rollback === null
      ? { findings: [], next: null }
      : verifyRollback(evidence.rollback, key, expectation.rollback)
  const told = [...notes, ...rollback.findings]
  const log = VerifiedEventLog.verify(evidence, quotes)
  const common = { key, quotes, rollback: rollback.next }
  if (log instanceof VerifiedEventLog) return { ...common, log, findings: told }
  return { ...common, log: null, findings: [...told, ...log] }
}

function verifyQuotes(
  { evidence, expectation }: AppraisalInput,
  key: VerifiedAttestationKey,
): { quotes: VerifiedQuote[]; findings: Finding[] } {
  const quotes: VerifiedQuote[] = []
  const findings: Finding[] = []
  for (const bank of expectation.banks) {
    const given = evidence.quotes.filter((quote) => quote.bank === bank)
    if (given.length !== 1) {
      const summary = `${given.length} quotes of the ${bank} bank where one must be.`
      findings.push(findingOf({ id: 'quote.missing', summary }))
      continue
    }
    const quote = VerifiedQuote.verify(given[0]!, key, expectation)
    if (quote instanceof VerifiedQuote) quotes.push(quote)
    else findings.push(quote)
  }
  if (expectation.banks.length === 0)
    findings.push(findingOf({ id: 'quote.missing', summary: 'No bank was asked for.' }))
  if (evidence.quotes.length > expectation.banks.length)
    findings.push(findingOf({ id: 'quote.selection', summary: 'A bank that was not asked for.' }))
  findings.push(...faultOfCounters(quotes))
  return { quotes, findings }
}

function faultOfCounters(quotes: readonly VerifiedQuote[]): Finding[] {
  const counters = quotes.map(({ clockInfo: c }) => `${c.resetCount}.${c.restartCount}`)
  if (new Set(counters).size <= 1) return []
  const summary = 'The quotes are not of the same boot.'
  return [findingOf({ id: 'quote.counters', summary, actual: counters.join(' ') })]
}

function noteOfClock({ clockInfo }: VerifiedQuote): Finding[] {
  if (clockInfo.safe) return []
  const summary = 'The vTPM was stopped without a shutdown: its clock may have gone back.'
  return [findingOf({ id: 'quote.unsafe-clock', summary })]
}

function firmwareFindings(log: VerifiedEventLog, input: AppraisalInput): Finding[] {
  const { references, expectation, policy } = input
  const severity = severityOfUnlearnt(policy)
  const firmware = references?.firmware ?? null
  if (firmware === null) {
    const summary = 'The reference values say nothing of the firmware: PCR 0 is not compared.'
    return [findingOf({ id: 'firmware.not-learnt', summary, severity, pcr: 0 })]
  }
  return compareFirmware(log, firmware, expectation.machine).map((finding) =>
    finding.id === 'firmware.not-learnt' ? { ...finding, severity } : finding,
  )
}

function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter((finding) => {
    const { id, component, pcr, events } = finding
    const key = `${id} ${component} ${pcr} ${events}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

const nothing: Verified = { key: null, quotes: [], log: null, findings: [], rollback: null }

/**
 * The result when the VM gave no evidence: tier `none`, with the reason as its one finding.
 * @param code the agent's or channel's: `ak-unavailable` and `rollback-unavailable` are told apart.
 */
export function concludeWithoutEvidence(
  input: Omit<AppraisalInput, 'evidence'>,
  code: string,
): AttestationResult {
  const told: Record<string, Finding> = {
    'ak-unavailable': findingOf({
      id: 'attestation-key.unavailable',
      summary: 'The guest keeps its TPM from making the attestation key again.',
    }),
    'rollback-unavailable': findingOf({
      id: 'vtpm.index.missing',
      summary: 'The vTPM has no extend-only index.',
    }),
  }
  const summary = 'The VM gave no evidence.'
  const finding = told[code] ?? findingOf({ id: 'agent.no-evidence', summary, actual: code })
  return { ...conclude(input, null, nothing, [finding], {}, []), tier: 'none' }
}

function conclude(
  { expectation, references, policy, time }: Omit<AppraisalInput, 'evidence'>,
  evidence: Evidence | null,
  verified: Verified,
  findings: readonly Finding[],
  claims: Claims,
  chain: readonly BootStage[],
): AttestationResult {
  const clock = verified.quotes[0]?.clockInfo
  return {
    version: 1,
    vm: expectation.vm,
    generation: expectation.generation,
    // Without a verified log there is nothing to affirm, whatever the findings weigh.
    tier: verified.log === null ? 'contraindicated' : tierOfFindings(findings),
    time: formatTime(time),
    nonce: toHex(expectation.nonce),
    bank: verified.log?.bank ?? null,
    findings,
    claims,
    chain,
    counters:
      clock === undefined
        ? null
        : {
            resetCount: clock.resetCount,
            restartCount: clock.restartCount,
            clock: String(clock.clock),
            safe: Boolean(clock.safe),
          },
    rollback: verified.rollback?.value == null ? null : { value: verified.rollback.value },
    policy: { id: policy.id, sha256: sha256(encodePolicy(policy)) },
    references: references === null ? null : { sha256: sha256(encodeReferenceValues(references)) },
    evidence: evidence === null ? null : { sha256: sha256(encodeEvidence(evidence)) },
    expectation: { sha256: sha256(encodeCanonical(expectationJson(expectation))) },
  }
}

function sha256(bytes: Uint8Array): string {
  return toHex(digest('sha256', bytes))
}
