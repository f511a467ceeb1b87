import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

const { windows } = COMPONENT

/** What Windows measures of its own boot. */
export const windowsFindings = {
  'windows.data': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.foreign': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.malformed': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.duplicate': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.separator.missing': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.separator.repeated': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.secure-boot': row(39, windows, 'high', true, ADVICE.badLog),
  'windows.aggregation': row(
    39,
    windows,
    'medium',
    true,
    'Look for a newer verifier: this Windows measures what this one cannot judge.',
  ),
  'windows.contradiction': row(
    39,
    windows,
    'medium',
    true,
    'Restart the VM; if it contradicts itself again, look for tampering with its boot loader.',
  ),
  'windows.value': row(
    39,
    windows,
    'medium',
    true,
    'Look for a newer verifier: this Windows writes a value in a form that this one does not know.',
  ),
  'windows.error': row(
    39,
    windows,
    'medium',
    true,
    'Restart the VM; what could not be measured in this boot is not covered by it.',
  ),
  'windows.module.not-validated': row(
    39,
    windows,
    'medium',
    true,
    'Turn code integrity on, remove the module, or replace it by a signed one.',
  ),
  'windows.transfer': row(
    39,
    windows,
    'medium',
    true,
    'Restart the VM straight into Windows, without a tool before it.',
  ),
  'windows.resumed': row(
    39,
    windows,
    'low',
    true,
    'Shut Windows down fully and start it: a resumed system does not say how it was started.',
  ),
  'windows.unknown': row(
    39,
    windows,
    'info',
    true,
    'Nothing needs to be done; a newer verifier may say what this is.',
  ),
} as const satisfies Record<string, FindingKind>
