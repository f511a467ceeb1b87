import type { FindingId } from '@trusted-launch/attestation'
import { noFix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { evidenceOf, isStatus, verified } from '../reasons.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { type Status, unhealthy } from '../status.ts'
import { statusByFindings } from './by-findings.ts'

const debugging: readonly FindingId[] = [
  'secure-boot.debug-mode',
  'secure-boot.action',
  'secure-boot.audit-mode',
  'secure-boot.setup-mode',
  'mok.validation-off',
  'kernel-command-line.ima-policy',
]

/**
 * Words of a kernel command line that let somebody into the kernel, or take its randomness away. Quotes may be around
 * one, and to the kernel a dash in a name is an underscore.
 */
const words =
  /(?<=^|[\s"])(?:kgdboc|kgdbdbgp|kgdbwait|ekgdboc|nokaslr|lockdown="?none|module\.sig[_-]enforce="?[0nN])(?=[=\s"]|$)/

/** That nothing is switched to a mode made for finding faults. */
export const debugSettings: RecommendationKind = {
  title: 'Debug settings should be off',
  severity: 'medium',
  about: ofBoots(ANY_SYSTEM),
  description:
    'Firmware, shim and kernel have modes for finding faults in which they check less or let somebody in.',
  condition:
    'The last evidence shows setup, audit or debug mode, shim without validation, or a kernel command line with a debugger, without KASLR or with its lock taken off.',
  remediation: ['Switch the setting off that the status names, and restart the VM.'],
  assess: statusOf,
  fix: () => noFix('The setting is the guest’s, or its firmware’s template’s.'),
}

function statusOf(facts: MachineFacts): Status {
  const status = statusByFindings(facts, 'debug-mode', debugging)
  const result = evidenceOf(facts)
  if (status.code !== 'Healthy' || isStatus(result)) return status
  const line = verified(result, 'command-line')
  const word = typeof line === 'string' ? words.exec(line)?.[0].trim() : undefined
  if (word === undefined) return status
  return unhealthy('debug-command-line', `The kernel command line has ${word}.`)
}
