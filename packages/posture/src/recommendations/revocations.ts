import type { FindingId } from '@trusted-launch/attestation'
import { noFix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { evidenceOf, isStatus } from '../reasons.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from '../status.ts'

const behind: ReadonlySet<string> = new Set<FindingId>([
  'secure-boot-variables.revocation-missing',
  'sbat-level.below-minimum',
  'boot-manager.below-minimum',
])

/** That boot loaders with known holes are forbidden. */
export const revocations: RecommendationKind = {
  title: 'Secure Boot should have the current revocations',
  severity: 'medium',
  about: ofBoots(ANY_SYSTEM),
  description:
    'A signed boot loader with a known hole starts anything. dbx, shim’s SBAT level and Windows’ own level forbid those that are known.',
  condition:
    'dbx lacks revocations that are current, or the evidence is below the least level that its reference values ask for.',
  remediation: [
    'Disk encryption may be bound to PCR 7, which changes with dbx: suspend it, or have the recovery key at hand.',
    'Update the guest’s shim and boot loader first: an old one no longer starts afterwards.',
    'Have the control plane add what dbx lacks while the VM is deallocated (tl vm security update-keys: it refuses what would keep the disk from booting), or install the dbx update (fwupdmgr update, or Windows Update) or the newer SBAT level (mokutil --set-sbat-policy latest), and restart.',
  ],
  assess: statusOf,
  fix: ({ revocationsMissing }) =>
    (revocationsMissing ?? 0) > 0
      ? { kind: 'update-keys' }
      : noFix(
          'The guest sets SBAT levels and Windows’ own, after it updated its boot loader: nothing here writes them.',
        ),
}

function statusOf(facts: MachineFacts): Status {
  const result = evidenceOf(facts)
  const found = isStatus(result) ? [] : result.findings.filter(({ id }) => behind.has(id))
  const [first] = found
  if (first !== undefined) return unhealthy('below-minimum', first.summary)
  const missing = facts.revocationsMissing
  if (missing !== null && missing > 0)
    return unhealthy('revocations-missing', `dbx lacks ${missing} of the current revocations.`)
  // What nobody attests is never healthy.
  if (isStatus(result)) return result
  if (missing === 0) return HEALTHY
  return notApplicable('not-compared', 'Nobody compared its dbx with the current revocations.')
}
