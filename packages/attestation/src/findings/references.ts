import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** What differs from the reference values. */
export const referencesFindings = {
  'kernel-command-line.changed': row(
    41,
    COMPONENT.kernelCommandLine,
    'high',
    true,
    "Put the kernel's command line back, or approve it by new reference values.",
  ),
  'initrd.changed': row(41, COMPONENT.initrd, 'high', true, ADVICE.restore),
  'kernel.changed': row(41, COMPONENT.kernel, 'high', true, ADVICE.restore),
  'unified-kernel-image.changed': row(
    41,
    COMPONENT.unifiedKernelImage,
    'high',
    true,
    ADVICE.restore,
  ),
  'grub.changed': row(41, COMPONENT.grub, 'high', true, ADVICE.restore),
  'shim.changed': row(41, COMPONENT.shim, 'high', true, ADVICE.restore),
  'systemd-boot.changed': row(41, COMPONENT.systemdBoot, 'high', true, ADVICE.restore),
  'grub-configuration.changed': row(41, COMPONENT.grubConfiguration, 'high', true, ADVICE.restore),
  'secure-boot-variables.changed': row(
    33,
    COMPONENT.secureBootVariables,
    'high',
    true,
    ADVICE.settings,
  ),
  'mok.changed': row(
    38,
    COMPONENT.mok,
    'high',
    true,
    'Remove the machine owner key, or approve it by new reference values.',
  ),
  'partition-table.changed': row(41, COMPONENT.partitionTable, 'high', true, ADVICE.restore),
  'firmware.changed': row(41, COMPONENT.firmware, 'high', true, ADVICE.firmware),
  'boot-chain.changed': row(41, COMPONENT.bootManager, 'high', true, ADVICE.restore),
  'firmware.not-learnt': row(
    41,
    COMPONENT.firmware,
    'low',
    true,
    'On a host you trust, learn it from a machine started for that: node tools/run.mjs tools/learn-firmware.ts MEMORYxVCPUS.',
  ),
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
