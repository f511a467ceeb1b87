import type { FindingId } from '@trusted-launch/attestation'
import { noFix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { evidenceOf, isStatus, verified } from '../reasons.ts'
import { LINUX, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, type Status, unhealthy } from '../status.ts'

/** What says that something was started which nobody trusted signed, or which is none of the image's. */
const untrusted: ReadonlySet<string> = new Set<FindingId>([
  'secure-boot.authority.missing',
  'secure-boot.authority.foreign',
  'secure-boot.authority.hash',
  'shim.changed',
  'grub.changed',
  'systemd-boot.changed',
  'unified-kernel-image.changed',
  'kernel.changed',
  'boot-chain.changed',
  'mok.changed',
  'mok.validation-off',
  'ima.unexpected-file',
])

/** That boot loader, kernel and modules are signed and known. */
export const signedBootComponents: RecommendationKind = {
  title: 'Linux virtual machines should use only signed and trusted boot components',
  severity: 'low',
  about: ofBoots(LINUX),
  description:
    'Boot loader, kernel and kernel modules are to be signed by somebody the VM trusts, and to be those of its image or approved since.',
  condition:
    'The last evidence shows a boot loader, kernel or key that is not signed or not known, or a module that an unlocked kernel may have loaded.',
  remediation: [
    'Find out where the component comes from that the status names.',
    'Put the one of the image back, or sign it, or approve the change of the reference values.',
  ],
  assess: statusOf,
  fix: () => noFix('Which component is the right one only its owner knows.'),
}

function statusOf(facts: MachineFacts): Status {
  const result = evidenceOf(facts)
  if (isStatus(result)) return result
  const isLocked = verified(result, 'secure-boot') === true
  const isFound = (id: string) => untrusted.has(id) || (id === 'module.untrusted' && !isLocked)
  const found = result.findings.filter(({ id }) => isFound(id)).map(({ component }) => component)
  if (found.length === 0) return HEALTHY
  const named = [...new Set(found)].slice(0, 8).join(', ')
  return unhealthy('untrusted-component', `Not signed, or not known: ${named}.`)
}
