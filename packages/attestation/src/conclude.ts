import { type Evidence, evidenceParts } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { digestHex, hexDigestOfText } from '@trusted-launch/crypto'
import type { AppraisalInput } from './appraisal-input.ts'
import { formatCanonical } from './canonical-json.ts'
import type { Claims } from './claims.ts'
import type { Expectation } from './expectation.ts'
import { expectationJson } from './expectation-json.ts'
import { findingOf } from './finding-table.ts'
import { once } from './frozen.ts'
import type { NonceFault } from './memory/nonces.ts'
import { encodePolicy, type Policy } from './policy.ts'
import { encodeReferenceValues, type ReferenceValues } from './reference-values.ts'
import { type AttestationResult, type BootStage, type Finding, tierOfFindings } from './result.ts'
import { formatTime } from './time.ts'
import { boundKey } from './token/binding.ts'
import type { Verified } from './verify-evidence.ts'

const nothing: Verified = { key: null, quotes: [], log: null, findings: [], rollback: null }

const nonceFaults: Readonly<Record<NonceFault, string>> = {
  'nonce-unknown': 'The nonce was never drawn, or was answered before.',
  'nonce-of-another-vm': 'The nonce was drawn for another VM.',
  'nonce-expired': 'The answer came too late.',
}

/** Why there is nothing to look at, by the code of who could not get it. */
const told = new Map<string, Finding>([
  [
    'ak-unavailable',
    findingOf({
      id: 'attestation-key.unavailable',
      summary: 'The guest keeps its TPM from making the attestation key again.',
    }),
  ],
  [
    'rollback-unavailable',
    findingOf({ id: 'vtpm.index.missing', summary: 'The vTPM has no extend-only index.' }),
  ],
  ...Object.entries(nonceFaults).map(([fault, summary]): [string, Finding] => [
    fault,
    findingOf({ id: 'nonce.refused', summary, actual: fault }),
  ]),
])

/**
 * The result when there is no evidence to look at: tier `none`, with the reason as its one finding.
 * @param code the agent's, the channel's, or `useNonce`'s: `ak-unavailable`, `rollback-unavailable`
 *   and the nonce's faults are told apart.
 */
export function concludeWithoutEvidence(
  input: Omit<AppraisalInput, 'evidence'>,
  code: string,
): AttestationResult {
  const summary = 'The VM gave no evidence.'
  const finding = told.get(code) ?? findingOf({ id: 'agent.no-evidence', summary, actual: code })
  return { ...conclude(input, null, nothing, [finding], {}, []), tier: 'none' }
}

/** The result of what was verified and found: a function of its arguments only. */
export function conclude(
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
    pcrs: clock === undefined ? null : [...expectation.pcrs],
    binding: clock === undefined ? null : bindingOf(expectation),
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
    policy: { id: policy.id, sha256: hashOfPolicy(policy) },
    references: references === null ? null : { sha256: hashOfReferences(references) },
    evidence:
      evidence === null ? null : { sha256: digestHex('sha256', ...evidenceParts(evidence)) },
    expectation: { sha256: hashOfExpectation(expectation) },
  }
}

/** A verified quote is over the nonce of the question, and that is the one that covers the binding. */
function bindingOf({ binding }: Expectation): AttestationResult['binding'] {
  if (binding === undefined) return null
  return { jwk: binding.jwk === null ? null : boundKey(binding.jwk), nonce: binding.nonce }
}

// They serve many verdicts.
const hashOfPolicy = once((policy: Policy) => sha256(encodePolicy(policy)))
const hashOfReferences = once((values: ReferenceValues) => sha256(encodeReferenceValues(values)))

function hashOfExpectation(expectation: Expectation): string {
  return hexDigestOfText('sha256', formatCanonical(expectationJson(expectation)))
}

function sha256(bytes: Uint8Array): string {
  return digestHex('sha256', bytes)
}
