import type { Finding } from '@trusted-launch/attestation'
import { alertKindOf } from '../alert-kinds.ts'
import { meaningOf } from '../meanings.ts'
import type { Observed } from '../observation.ts'
import { isGrave, kept, type Occurrence } from './occurrence.ts'

/** What a verdict, or a look at the host, says of the vTPM and of the host: one occurrence for each cause. */
export function vtpmAndHost(observed: Observed<'verdict'> | Observed<'host'>): Occurrence[] {
  const isVerdict = observed.kind === 'verdict'
  const findings = isVerdict ? observed.result.findings : observed.findings
  const evidence = isVerdict ? (observed.result.evidence?.sha256 ?? null) : null
  const raising = findings.filter((finding) => isGrave(finding) && raisesOf(finding) !== null)
  const byCause = Map.groupBy(raising, (one) => `${raisesOf(one)!.type} ${raisesOf(one)!.cause}`)
  return [...byCause.values()].map((of) => {
    const { type, cause } = raisesOf(of[0]!)!
    return {
      type,
      cause,
      severity: alertKindOf(type).severity,
      summary: of[0]!.summary,
      findings: kept(of, evidence),
      fields: [],
      evidence,
    }
  })
}

function raisesOf({ id }: Finding) {
  const { raises } = meaningOf(id)
  return raises?.type === 'VM_UntrustedKernelModule' ? null : raises
}
