import type { CheckedPcr, EventLogAppraisal, Finding, Profile } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { describeData, eventTypeName, replay } from '@trusted-launch/eventlog'
import type { ExitCode } from './exit-code.ts'

/** The document of `tl eventlog` where there is nothing to say of a log but this. */
export function viewOfNothing(finding: Finding) {
  return {
    verified: null,
    bank: null,
    secureBoot: 'unverified',
    findings: [finding],
    claims: {},
    events: [],
  }
}

/** What is said of a log, as one JSON document. */
export function viewOfEventLog(
  appraisal: EventLogAppraisal,
  pcrs: readonly CheckedPcr[],
  profile: Profile,
  exitCode: ExitCode,
) {
  const { verified, bank, secureBoot, findings, claims, log } = appraisal
  const start = log === null || bank === null ? null : replay(log, bank)
  return {
    verified,
    bank,
    secureBoot,
    findings,
    claims,
    events: appraisal.events.map(viewOfEvent),
    pcrs,
    profile,
    format: log?.format ?? null,
    banks: log?.algorithms ?? [],
    startupLocality: start?.startupLocality ?? null,
    hCrtm: start?.hCrtm ?? null,
    exitCode,
  }
}

function viewOfEvent(event: EventLogAppraisal['events'][number]) {
  const { kind, status, rule, covers, quirk, disguised, data } = event.explanation
  return {
    index: event.index,
    pcr: event.pcrIndex,
    type: eventTypeName(event),
    digest: event.digest.length === 0 ? null : toHex(event.digest),
    vouchedFor: event.vouchedFor,
    kind,
    status,
    rule,
    covers,
    quirk,
    disguised,
    text: describeData(data),
    data: toHex(event.data),
  }
}
