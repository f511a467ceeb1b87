import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** What the kernel's IMA list says. */
export const imaFindings = {
  'ima.malformed': row(40, COMPONENT.ima, 'high', true, ADVICE.badLog),
  'ima.replay': row(40, COMPONENT.ima, 'high', true, ADVICE.badLog),
  'ima.register': row(40, COMPONENT.ima, 'high', true, ADVICE.badLog),
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
  'ima.template-hash': row(40, COMPONENT.ima, 'high', true, ADVICE.badLog),
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
  'kernel-command-line.ima-policy': row(
    40,
    COMPONENT.kernelCommandLine,
    'medium',
    true,
    'Take what is named off the kernel command line.',
  ),
  'module.untrusted': row(
    40,
    'kernel module',
    'low',
    true,
    'Remove the module, or sign it with a key the kernel trusts.',
  ),
  'module.reported': row(
    40,
    'kernel module',
    'info',
    true,
    'Look into the guest: this is what it says of itself, and no proof either way.',
  ),
} as const satisfies Record<string, FindingKind>
