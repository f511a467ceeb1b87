import { COMPONENT, type Finding } from '@trusted-launch/attestation'
import { meaningOf } from '../meanings.ts'
import type { Observed } from '../observation.ts'
import { componentsOf, isGrave, kept, type Occurrence } from './occurrence.ts'

type Cause = 'secure-boot-off' | 'drift' | 'origin' | 'unproven'

const secureBootPcr = 7

/**
 * How a verdict failed, one occurrence for each cause. A verdict that refuses always has one; one that warns has
 * one when what it warns of is medium or worse. Without evidence nothing failed: that is silence, by its deadline.
 */
export function attestationFailures(observed: Observed<'verdict'>): Occurrence[] {
  const { result } = observed
  if (result.tier === 'none') return []
  const grave = result.findings.filter(isGrave)
  const byCause = Map.groupBy(grave, (finding) => causeOf(finding, observed))
  const failed = [...byCause].filter((one): one is [Cause, Finding[]] => one[0] !== null)
  if (failed.length === 0 && result.tier === 'contraindicated' && !isOnlyEarlier(grave))
    failed.push(['unproven', grave])
  const evidence = result.evidence?.sha256 ?? null
  return failed.map(([cause, findings]) => ({
    type: 'VM_GuestAttestationFailure',
    cause,
    severity: 'medium',
    summary: summaryOf[cause](findings),
    findings: kept(findings, evidence),
    fields: [],
    evidence,
  }))
}

/** That nothing is wrong now but a failure before it, which nobody cleared. */
export function earlierFailure({ result }: Observed<'verdict'>): Occurrence[] {
  const findings = result.findings.filter(({ id }) => id === 'verdict.failed-before')
  const [first] = findings
  if (first === undefined) return []
  const evidence = result.evidence?.sha256 ?? null
  const about = { severity: 'medium', fields: [], evidence, summary: first.summary } as const
  return [
    {
      ...about,
      type: 'VM_GuestAttestationFailure',
      cause: 'earlier-failure',
      findings: kept(findings, evidence),
    },
  ]
}

/**
 * What PCR 7 shows because Secure Boot is off, as it was set, is of that one cause: its state, and what lets loaders run,
 * which is not measured then. Other keys are drift, whether it is on or off.
 */
function causeOf(finding: Finding, { result, setup }: Observed<'verdict'>): Cause | null {
  const { failure } = meaningOf(finding.id)
  if (failure !== 'drift' || finding.pcr !== secureBootPcr || setup.secureBootEnabled)
    return failure
  const isOff = result.findings.some(({ id }) => id === 'secure-boot.off')
  const follows = finding.component === COMPONENT.secureBoot || finding.actual === null
  return isOff && follows ? 'secure-boot-off' : failure
}

function isOnlyEarlier(grave: readonly Finding[]): boolean {
  return grave.some(({ id }) => id === 'verdict.failed-before')
}

const summaryOf: Readonly<Record<Cause, (findings: readonly Finding[]) => string>> = {
  drift: (findings) => `Not as approved: ${componentsOf(findings)}.`,
  origin: (findings) =>
    `It is not shown that the evidence comes from this VM's vTPM: ${componentsOf(findings)}.`,
  'secure-boot-off': () =>
    'Secure Boot is off, as it was set: attestation fails because of that. Switch it on, or suppress this cause alone.',
  unproven: (findings) => `A part of the boot could not be judged: ${componentsOf(findings)}.`,
}
