import type { HashName } from '@trusted-launch/crypto'
import { type EventLog, explain } from '@trusted-launch/eventlog'
import { checkIma } from './check-ima.ts'
import { checkUserspace } from './check-userspace.ts'
import { runChecks } from './checks.ts'
import { type Claims, claimsOf, unverified } from './claims.ts'
import { advisedForImport } from './imported/advice.ts'
import { type PcrsByNumber, PcrValues } from './pcr-values.ts'
import type { Profile } from './profile.ts'
import { type Logs, readEventLog } from './read-logs.ts'
import { type Finding, refuses } from './result.ts'
import { claimsAfterKexec } from './running-kernel.ts'
import { tellFindings } from './tell-findings.ts'
import { strongestBank, type VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

/** Logs and what the caller says the TPM holds: no quote, no key, no policy. */
export interface EventLogInput extends Logs {
  /** By bank and number, PCR 0 to 7 at least. Without any nothing can be verified. */
  readonly pcrs: ReadonlyMap<HashName, PcrsByNumber>
  readonly profile: Profile
}

/** An event as it is shown. */
export interface AppraisedEvent extends VerifiedEvent {
  /** Whether a PCR value vouches for its digest. Its data: see `explanation`. */
  readonly vouchedFor: boolean
}

/** What is to be said of a log alone. Whether a VM may be trusted is another question: `appraiseEvidence`. */
export interface EventLogAppraisal {
  /** True: genuine and well-formed, but for what `findings` tells. False: refused. Null: nothing to verify it by. */
  readonly verified: boolean | null
  /** The log does not even parse: `findings` says where. */
  readonly malformed: boolean
  /** The bank all this is said of; null: malformed, or without a bank that we can replay. */
  readonly bank: HashName | null
  readonly secureBoot: 'on' | 'off' | 'unverified'
  /** The weightiest first; one that is `high` refuses the log. */
  readonly findings: readonly Finding[]
  /** Of a log that is refused, or that nothing verifies, none is verified. */
  readonly claims: Claims
  readonly log: EventLog | null
  readonly events: readonly AppraisedEvent[]
}

/**
 * Whether an event log is genuine and well-formed, held against PCR values that the caller vouches for:
 * all of what `appraiseEvidence` says of the logs alone. Secure Boot off is a claim here, no fault.
 *
 * @throws {MalformedError} a PCR value of the wrong size, or of no PCR. A malformed *log* is a result.
 */
export function appraiseEventLog(input: EventLogInput): EventLogAppraisal {
  const values = [...input.pcrs].map(([bank, pcrs]) => PcrValues.asGivenByCaller(bank, pcrs))
  const read = readEventLog(input, input.profile)
  if ('severity' in read) return appraisalOf(values.length > 0 ? false : null, null, [read])
  const { log } = read
  if (values.length === 0) return appraisalOf(null, log, [])
  const verified = VerifiedEventLog.verify(input, values, input.profile)
  if (!(verified instanceof VerifiedEventLog)) return appraisalOf(false, log, verified)
  const findings = [
    ...runChecks(verified),
    ...checkIma(verified, null),
    ...checkUserspace(verified),
  ]
  return appraisalOf(!refuses(findings), log, findings, verified)
}

function appraisalOf(
  verified: boolean | null,
  log: EventLog | null,
  findings: readonly Finding[],
  by: VerifiedEventLog | null = null,
): EventLogAppraisal {
  const claims = by === null ? {} : claimsAfterKexec(claimsOf(by), findings, by)
  const secureBoot = verified === true ? claims['secure-boot']?.value : null
  const bank = by?.bank ?? strongestBank(log?.algorithms ?? [])
  return {
    verified,
    malformed: log === null,
    bank,
    secureBoot: secureBoot === true ? 'on' : secureBoot === false ? 'off' : 'unverified',
    findings: tellFindings(advisedForImport(findings)),
    claims: verified === true ? claims : unverified(claims),
    log,
    events: log === null || bank === null ? [] : eventsOf(log, bank, by),
  }
}

function eventsOf(log: EventLog, bank: HashName, by: VerifiedEventLog | null): AppraisedEvent[] {
  if (by !== null)
    return by.events.map((event) => ({
      ...event,
      vouchedFor: by.pcrs.has(event.pcrIndex) && event.explanation.status !== 'not-extended',
    }))
  return log.events.map((event) => ({
    ...event,
    digest: event.digests.get(bank) ?? new Uint8Array(),
    explanation: explain(event, bank),
    vouchedFor: false,
  }))
}
