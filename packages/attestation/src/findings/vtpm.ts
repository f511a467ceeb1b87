import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** What becomes of a vTPM from one boot to the next. */
export const vtpmFindings = {
  'vtpm.rolled-back': row(
    10,
    COMPONENT.vtpm,
    'high',
    false,
    'Do not trust this VM: its vTPM was put back to an earlier state.',
  ),
  'vtpm.cleared': row(
    10,
    COMPONENT.vtpm,
    'low',
    true,
    'Find out who cleared the TPM; what was sealed to it is lost.',
  ),
  'vtpm.index.missing': row(
    10,
    COMPONENT.vtpm,
    'high',
    false,
    'Ask again; if it stays away, reprovision the VM.',
  ),
  'vtpm.index.malformed': row(10, COMPONENT.vtpm, 'high', false, ADVICE.forged),
  'vtpm.index.signature': row(10, COMPONENT.vtpm, 'high', false, ADVICE.forged),
  'vtpm.index.nonce': row(10, COMPONENT.vtpm, 'high', false, ADVICE.forged),
  'vtpm.index.foreign': row(10, COMPONENT.vtpm, 'high', false, ADVICE.foreign),
} as const satisfies Record<string, FindingKind>
