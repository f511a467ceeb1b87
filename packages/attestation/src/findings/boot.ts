import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** What the boot loader and the operating system say of themselves. */
export const bootFindings = {
  'boot-manager.order': row(35, COMPONENT.bootManager, 'high', true, ADVICE.badLog),
  'exit-boot-services.missing': row(
    36,
    COMPONENT.eventLog,
    'high',
    true,
    "Ask again once the guest's kernel runs.",
  ),
  'exit-boot-services.order': row(36, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'kernel-command-line.count': row(37, COMPONENT.kernelCommandLine, 'high', true, ADVICE.badLog),
  'kernel-command-line.disguised': row(
    37,
    COMPONENT.kernelCommandLine,
    'high',
    true,
    ADVICE.badLog,
  ),
  'mok.validation-off': row(
    38,
    COMPONENT.mok,
    'medium',
    true,
    "Switch shim's validation on again: mokutil --enable-validation.",
  ),
  'userspace-log.malformed': row(37, COMPONENT.userspace, 'high', true, ADVICE.badLog),
  'userspace-log.data': row(37, COMPONENT.userspace, 'high', true, ADVICE.badLog),
  'userspace-log.phase': row(
    37,
    COMPONENT.userspace,
    'medium',
    true,
    'Find out what measured a phase of the boot out of its turn.',
  ),
  'userspace-log.replay': row(21, COMPONENT.userspace, 'low', true, ADVICE.badLog),
  'userspace-log.unjudged': row(
    21,
    COMPONENT.userspace,
    'low',
    true,
    'Look at what userspace measured: no reference values cover it.',
  ),
} as const satisfies Record<string, FindingKind>
