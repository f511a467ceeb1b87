import type { FindingId } from '@trusted-launch/attestation'
import { noFix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { withoutAttestation } from '../reasons.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from '../status.ts'

/** That what a VM is compared with is there, and that somebody answers for it. */
export const referenceValuesApproval: RecommendationKind = {
  title: 'Reference values should be there and approved',
  severity: 'low',
  about: ofBoots(ANY_SYSTEM),
  description:
    'A boot is compared with reference values. Those learnt from a boot count for nothing, and a change stays drift, until somebody approves it.',
  condition:
    'A change waits to be approved or rejected, or the last evidence was compared with nothing that counts.',
  remediation: [
    'Read what differs, and who signed it.',
    'Approve it for the VM, its set, image or subscription; or reject it, and put the VM back.',
  ],
  assess: (facts) => withoutAttestation(facts) ?? statusOf(facts),
  fix: () => noFix('An approval is a person’s answer for what boots.'),
}

function statusOf({ pendingApprovals, last }: MachineFacts): Status {
  if (pendingApprovals > 0)
    return unhealthy(
      'waiting',
      `Changes that wait to be approved or rejected: ${pendingApprovals}.`,
    )
  if (last === null) return notApplicable('never-attested', 'It was not attested yet.')
  const told = last.result.findings
  for (const [id, cause] of causes) {
    const found = told.find((finding) => finding.id === id)
    if (found !== undefined) return unhealthy(cause, found.summary)
  }
  return HEALTHY
}

const causes = [
  ['reference-values.missing', 'missing'],
  ['reference-values.not-approved', 'not-approved'],
  ['reference-values.incomplete', 'incomplete'],
] as const satisfies readonly (readonly [FindingId, string])[]
