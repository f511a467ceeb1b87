import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

const otherBoot = 'Restart the VM, and find out who rewrites its logs while it runs.'

/** What does not fit what was seen of the same VM before. */
export const memoryFindings = {
  'vtpm.counters.fallen': row(
    10,
    COMPONENT.vtpm,
    'high',
    false,
    'Do not trust this VM: its vTPM was put back to an earlier state.',
  ),
  'vtpm.clock.fallen': row(
    10,
    COMPONENT.vtpm,
    'high',
    false,
    'Do not trust this VM: its vTPM was put back to an earlier state.',
  ),
  'vtpm.resets.missing': row(
    10,
    COMPONENT.vtpm,
    'high',
    false,
    'Do not trust this VM: this vTPM was not there at each of its starts.',
  ),
  'vtpm.resets.unseen': row(
    10,
    COMPONENT.vtpm,
    'medium',
    true,
    'Find out who started this vTPM besides its host.',
  ),
  'vtpm.counters.obfuscated': row(
    10,
    COMPONENT.vtpm,
    'info',
    true,
    'Nothing; for counters that can be compared, use a key of the endorsement hierarchy.',
  ),
  'eventlog.not-continued': row(11, COMPONENT.eventLog, 'high', true, otherBoot),
  'ima.not-continued': row(11, COMPONENT.ima, 'high', true, otherBoot),
  'userspace-log.not-continued': row(11, COMPONENT.userspace, 'high', true, otherBoot),
  'evidence.not-appraisable': row(
    12,
    COMPONENT.evidence,
    'high',
    true,
    'Look for who makes evidence in the guest that no verifier can read to its end; then ask again.',
  ),
  'verdict.failed-before': row(
    44,
    COMPONENT.verdict,
    'high',
    true,
    'Find out why it failed; then clear the failure, with a reason.',
  ),
  'verdict.silent': row(
    44,
    COMPONENT.verdict,
    'medium',
    true,
    "See to it that the VM runs and its guest's agent answers.",
  ),
  'host.statement.missing': row(
    47,
    COMPONENT.host,
    'medium',
    true,
    'Have the host say what it runs this VM with.',
  ),
  'host.statement.malformed': row(47, COMPONENT.host, 'high', true, ADVICE.host),
  'host.statement.signature': row(47, COMPONENT.host, 'high', true, ADVICE.host),
  'host.statement.stale': row(
    47,
    COMPONENT.host,
    'medium',
    true,
    'Have the host say it anew: it is of another start.',
  ),
  'host.vm': row(47, COMPONENT.host, 'high', true, ADVICE.host),
  'host.identity': row(47, COMPONENT.host, 'high', false, ADVICE.host),
  'host.firmware': row(47, COMPONENT.host, 'high', true, ADVICE.firmware),
  'host.variables': row(47, COMPONENT.host, 'high', true, ADVICE.settings),
  'host.vtpm.unencrypted': row(
    47,
    COMPONENT.host,
    'high',
    true,
    "Restart the VM so that its vTPM's state is encrypted; replace what was sealed to it.",
  ),
  'host.machine': row(47, COMPONENT.host, 'high', true, 'Restart the VM as it was asked for.'),
} as const satisfies Record<string, FindingKind>
