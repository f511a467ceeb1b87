import type { MachineFacts } from '../machine.ts'
import { evidenceOf, isStatus, verified } from '../reasons.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from '../status.ts'

/** Microsoft's authorities, as the claim `microsoft-authorities` calls them: who follows whom. */
export const SUCCESSORS = [
  ['KEK 2011', 'KEK 2023'],
  ['Windows 2011', 'Windows 2023'],
  ['UEFI 2011', 'UEFI 2023'],
] as const

/** That who trusts Microsoft's certificates of 2011, which run out in 2026, trusts those of 2023 too. */
export const certificateRollover: RecommendationKind = {
  title: 'Secure Boot should trust Microsoft’s certificates of 2023',
  severity: 'medium',
  about: ofBoots(ANY_SYSTEM),
  description:
    'Microsoft’s certificates of 2011 run out in 2026. What is signed from then on is signed by those of 2023: a VM without them gets no new boot loaders and no revocations.',
  condition: 'KEK or db has a certificate of 2011 and not the one of 2023 that follows it.',
  remediation: [
    'Disk encryption may be bound to PCR 7, which changes with KEK and db: suspend it, or have the recovery key at hand, before anything else.',
    'Have the control plane add them while the VM is deallocated (tl vm security update-keys): what it will measure is foretold with them.',
    'Or install the update of KEK and db in the guest (fwupdmgr update, or Windows Update), restart, and approve the change of the reference values.',
  ],
  assess: statusOf,
  fix: () => ({ kind: 'update-keys' }),
}

function statusOf(facts: MachineFacts): Status {
  const result = evidenceOf(facts)
  if (isStatus(result)) return result
  const trusted = verified(result, 'microsoft-authorities')
  if (!Array.isArray(trusted))
    return notApplicable('not-verified', 'The evidence does not show what KEK and db hold.')
  if (trusted.length === 0)
    return notApplicable('own-keys', 'It trusts none of Microsoft’s certificates.')
  const missing = SUCCESSORS.filter(
    ([old, next]) => trusted.includes(old) && !trusted.includes(next),
  )
  if (missing.length === 0) return HEALTHY
  const named = missing.map(([, next]) => next).join(', ')
  return unhealthy('certificates-missing', `Missing: ${named}.`)
}
