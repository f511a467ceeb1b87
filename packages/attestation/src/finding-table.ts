import { COMPONENT } from './component.ts'
import type { Finding, Severity } from './result.ts'

/** What is always the same about a finding, by its id. `check` is its number in docs/checks.md. */
export interface FindingKind {
  readonly check: number
  readonly component: string
  readonly severity: Severity
  readonly recoverable: boolean
  readonly advice: string
}

/** What is particular to one occurrence. */
export interface Occurrence {
  readonly id: FindingId
  readonly summary: string
  readonly component?: string
  readonly severity?: Severity
  readonly pcr?: number | null
  readonly events?: readonly number[]
  readonly expected?: string | null
  readonly actual?: string | null
}

const foreign =
  'Find out who answered for this VM; if its vTPM was replaced on purpose, reprovision the VM.'
const forged = 'Do not trust this VM: ask again, and look for who changes its evidence on the way.'
const badLog =
  'Do not trust this log: look for root-level tampering in the guest, or firmware that is not ours.'
const restore = 'Restore the file from the image, or approve the change by new reference values.'
const firmware = 'Restart the VM with the firmware it was made for.'
const settings = "Put the Secure Boot settings back to the VM's template and restart it."

const row = (
  check: number,
  component: string,
  severity: Severity,
  recoverable: boolean,
  advice: string,
): FindingKind => ({ check, component, severity, recoverable, advice })

const { attestationKey, quote, eventLog, secureBoot, secureBootVariables, vtpm } = COMPONENT

/**
 * Every finding there is, in the order in which they are told when they weigh the same: first what
 * a person needs to know, then what follows from it.
 */
export const FINDINGS = {
  'attestation-key.unavailable': row(
    1,
    attestationKey,
    'high',
    true,
    'Take back the endorsement authorization that the guest set (TPM2_HierarchyChangeAuth), or clear its TPM.',
  ),
  'agent.no-evidence': row(
    42,
    COMPONENT.agent,
    'high',
    true,
    "See to it that the guest's agent runs and answers.",
  ),
  'question.nonce': row(7, quote, 'high', true, 'Ask again with a nonce of 32 random bytes.'),
  'question.pcrs': row(8, quote, 'high', true, 'Ask again for PCR 0 to 15 and 23.'),
  'question.banks': row(8, quote, 'high', true, 'Ask again for the SHA-256 bank, each bank once.'),
  'nonce.refused': row(
    7,
    quote,
    'high',
    true,
    'Ask again: an answer counts once, for the VM that was asked, and not for long.',
  ),
  'attestation-key.malformed': row(3, attestationKey, 'high', false, forged),
  'attestation-key.foreign': row(1, attestationKey, 'high', false, foreign),
  'attestation-key.retired-generation': row(1, attestationKey, 'high', false, foreign),
  'attestation-key.attributes': row(2, attestationKey, 'high', false, foreign),
  'attestation-key.weak': row(2, attestationKey, 'high', false, foreign),
  'attestation-key.certificate.missing': row(
    1,
    attestationKey,
    'high',
    true,
    'Restart the VM: its host renews the certificate before each boot.',
  ),
  'attestation-key.certificate.malformed': row(
    1,
    attestationKey,
    'high',
    true,
    'Restart the VM: its host renews the certificate before each boot.',
  ),
  'attestation-key.certificate.other-key': row(1, attestationKey, 'high', true, foreign),
  'attestation-key.certificate.other-vm': row(1, attestationKey, 'high', true, foreign),
  'attestation-key.certificate.untrusted': row(
    1,
    attestationKey,
    'high',
    true,
    'Restart the VM so that its certificate is renewed, or trust the authority that issued it.',
  ),
  'quote.missing': row(20, quote, 'high', true, 'Ask again for every bank the VM has.'),
  'quote.signature': row(5, quote, 'high', true, forged),
  'quote.algorithm': row(5, quote, 'high', true, forged),
  'quote.malformed': row(6, quote, 'high', true, forged),
  'quote.type': row(6, quote, 'high', true, forged),
  'quote.nonce': row(
    7,
    quote,
    'high',
    true,
    'Ask again: this answers another question, an old one perhaps.',
  ),
  'quote.selection': row(8, quote, 'high', true, forged),
  'quote.pcrs': row(8, quote, 'high', true, forged),
  'quote.digest': row(9, quote, 'high', true, forged),
  'quote.counters': row(
    10,
    quote,
    'high',
    true,
    'Ask again: the machine was reset while it answered.',
  ),
  'quote.restarted': row(
    10,
    vtpm,
    'low',
    true,
    'Find out how the VM could sleep, and restart it: its host offers no sleep.',
  ),
  'quote.unsafe-clock': row(
    10,
    vtpm,
    'info',
    true,
    'Nothing: the VM lost power once without shutting down.',
  ),
  'eventlog.missing': row(
    42,
    eventLog,
    'high',
    true,
    "See to it that the guest's kernel shows its firmware event log (securityfs).",
  ),
  'eventlog.malformed': row(13, eventLog, 'high', true, badLog),
  'eventlog.bank': row(20, eventLog, 'high', true, badLog),
  'eventlog.replay': row(20, eventLog, 'high', true, badLog),
  'eventlog.start': row(18, eventLog, 'high', true, badLog),
  'pcr.unexplained': row(
    21,
    eventLog,
    'high',
    true,
    'Find out what extends this register, and have it write a log.',
  ),
  'pcr.empty': row(22, COMPONENT.firmware, 'high', true, firmware),
  'eventlog.data': row(24, eventLog, 'high', true, badLog),
  'eventlog.disguised': row(23, eventLog, 'high', true, badLog),
  'eventlog.type': row(23, eventLog, 'medium', true, badLog),
  'eventlog.type.secure-boot': row(23, secureBootVariables, 'high', true, badLog),
  'eventlog.quirk': row(25, eventLog, 'low', true, badLog),
  'eventlog.separator.missing': row(26, eventLog, 'high', true, badLog),
  'eventlog.separator.repeated': row(26, eventLog, 'high', true, badLog),
  'eventlog.separator.error': row(26, COMPONENT.firmware, 'high', true, firmware),
  'eventlog.separator.value': row(26, eventLog, 'high', true, badLog),
  'eventlog.after-separator': row(27, eventLog, 'high', true, badLog),
  'eventlog.phase': row(27, eventLog, 'high', true, badLog),
  'secure-boot.off': row(29, secureBoot, 'high', true, 'Switch Secure Boot on and restart the VM.'),
  'secure-boot.variables': row(28, secureBootVariables, 'high', true, settings),
  'secure-boot.value': row(29, secureBoot, 'high', true, settings),
  'secure-boot.keys': row(30, secureBootVariables, 'high', true, settings),
  'secure-boot.authority.missing': row(30, secureBoot, 'high', true, settings),
  'secure-boot.authority.foreign': row(30, secureBoot, 'high', true, settings),
  'secure-boot.authority.repeated': row(30, secureBoot, 'high', true, badLog),
  'secure-boot.debug-mode': row(31, COMPONENT.firmware, 'high', true, firmware),
  'secure-boot.action': row(31, COMPONENT.firmware, 'high', true, firmware),
  'secure-boot.lists': row(32, secureBootVariables, 'high', true, settings),
  'secure-boot.weak': row(
    34,
    secureBootVariables,
    'low',
    true,
    "Replace the weak certificate in the VM's template.",
  ),
  'boot-manager.order': row(35, COMPONENT.bootManager, 'high', true, badLog),
  'exit-boot-services.missing': row(
    36,
    eventLog,
    'high',
    true,
    "Ask again once the guest's kernel runs.",
  ),
  'exit-boot-services.order': row(36, eventLog, 'high', true, badLog),
  'kernel-command-line.count': row(37, COMPONENT.kernelCommandLine, 'high', true, badLog),
  'kernel-command-line.disguised': row(37, COMPONENT.kernelCommandLine, 'high', true, badLog),
  'kernel-command-line.changed': row(
    41,
    COMPONENT.kernelCommandLine,
    'high',
    true,
    "Put the kernel's command line back, or approve it by new reference values.",
  ),
  'initrd.changed': row(41, COMPONENT.initrd, 'high', true, restore),
  'kernel.changed': row(41, COMPONENT.kernel, 'high', true, restore),
  'unified-kernel-image.changed': row(41, COMPONENT.unifiedKernelImage, 'high', true, restore),
  'grub.changed': row(41, COMPONENT.grub, 'high', true, restore),
  'shim.changed': row(41, COMPONENT.shim, 'high', true, restore),
  'systemd-boot.changed': row(41, COMPONENT.systemdBoot, 'high', true, restore),
  'grub-configuration.changed': row(41, COMPONENT.grubConfiguration, 'high', true, restore),
  'secure-boot-variables.changed': row(33, secureBootVariables, 'high', true, settings),
  'mok.changed': row(
    38,
    COMPONENT.mok,
    'high',
    true,
    'Remove the machine owner key, or approve it by new reference values.',
  ),
  'partition-table.changed': row(41, COMPONENT.partitionTable, 'high', true, restore),
  'firmware.changed': row(41, COMPONENT.firmware, 'high', true, firmware),
  'boot-chain.changed': row(41, COMPONENT.bootManager, 'high', true, restore),
  'firmware.not-learnt': row(
    41,
    COMPONENT.firmware,
    'low',
    true,
    'On a host you trust, learn it from a machine started for that: node tools/run.mjs tools/learn-firmware.ts MEMORYxVCPUS.',
  ),
  'ima.malformed': row(40, COMPONENT.ima, 'high', true, badLog),
  'ima.replay': row(40, COMPONENT.ima, 'high', true, badLog),
  'ima.register': row(40, COMPONENT.ima, 'high', true, badLog),
  'ima.missing': row(
    40,
    COMPONENT.ima,
    'low',
    true,
    "Have the guest's kernel measure the modules it reads (an IMA policy), and hand out the list.",
  ),
  'ima.boot-aggregate': row(
    40,
    COMPONENT.ima,
    'high',
    true,
    'Do not trust this list: it is of another boot.',
  ),
  'ima.template-hash': row(40, COMPONENT.ima, 'high', true, badLog),
  'ima.violation': row(
    40,
    COMPONENT.ima,
    'low',
    true,
    'Look for what writes to a file while it is measured.',
  ),
  'ima.padded': row(40, COMPONENT.ima, 'low', true, "Update the guest's kernel to 5.8 or newer."),
  'ima.unexpected-file': row(
    40,
    COMPONENT.ima,
    'medium',
    true,
    'Find out what was loaded: it may be another kernel (kexec).',
  ),
  'module.untrusted': row(
    40,
    'kernel module',
    'low',
    true,
    'Remove the module, or sign it with a key the kernel trusts.',
  ),
  'userspace-log.malformed': row(37, COMPONENT.userspace, 'high', true, badLog),
  'userspace-log.replay': row(21, COMPONENT.userspace, 'low', true, badLog),
  'userspace-log.unjudged': row(
    21,
    COMPONENT.userspace,
    'low',
    true,
    'Look at what userspace measured: no reference values cover it.',
  ),
  'vtpm.rolled-back': row(
    10,
    vtpm,
    'high',
    false,
    'Do not trust this VM: its vTPM was put back to an earlier state.',
  ),
  'vtpm.cleared': row(
    10,
    vtpm,
    'low',
    true,
    'Find out who cleared the TPM; what was sealed to it is lost.',
  ),
  'vtpm.index.missing': row(
    10,
    vtpm,
    'high',
    false,
    'Ask again; if it stays away, reprovision the VM.',
  ),
  'vtpm.index.malformed': row(10, vtpm, 'high', false, forged),
  'vtpm.index.signature': row(10, vtpm, 'high', false, forged),
  'vtpm.index.nonce': row(10, vtpm, 'high', false, forged),
  'vtpm.index.foreign': row(10, vtpm, 'high', false, foreign),
  'reference-values.missing': row(
    41,
    COMPONENT.referenceValues,
    'low',
    true,
    "Make reference values from the VM's image.",
  ),
  'reference-values.incomplete': row(
    41,
    COMPONENT.referenceValues,
    'high',
    true,
    "Make reference values from the VM's image: they cover every register of its boot.",
  ),
  'reference-values.bank': row(
    41,
    COMPONENT.referenceValues,
    'high',
    true,
    'Make reference values for every bank the VM has.',
  ),
  'reference-values.modules': row(
    41,
    COMPONENT.referenceValues,
    'low',
    true,
    "Make reference values that list the kernel's signed modules.",
  ),
} as const satisfies Record<string, FindingKind>

/** The id of a finding. Stable: it is never given another meaning. */
export type FindingId = keyof typeof FINDINGS

/** A finding out of its kind and what is particular to it. */
export function findingOf(given: Occurrence): Finding {
  const kind: FindingKind = FINDINGS[given.id]
  return {
    id: given.id,
    component: given.component ?? kind.component,
    summary: given.summary,
    severity: given.severity ?? kind.severity,
    pcr: given.pcr ?? null,
    events: given.events ?? [],
    expected: given.expected ?? null,
    actual: given.actual ?? null,
    recoverable: kind.recoverable,
    advice: kind.advice,
  }
}

const weights: readonly Severity[] = ['high', 'medium', 'low', 'info']
const places = new Map(Object.keys(FINDINGS).map((id, i) => [id, i]))

/** The weightiest first; of the same weight, in the table's order; each only once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const weight = ({ severity, id }: Finding) =>
    weights.indexOf(severity) * places.size + (places.get(id) ?? 0)
  return [...findings].sort((a, b) => weight(a) - weight(b))
}
