import { COMPONENT } from '../component.ts'
import { type FindingKind, row } from './kind.ts'

const again = 'Give the file as the tool that makes it writes it; a copy may be cut short.'

/** What somebody gives to have evidence appraised, and cannot be taken: never "accept". */
export const inputFindings = {
  'input.unreadable': row(42, COMPONENT.input, 'high', true, 'Name a file that can be read.'),
  'input.usage': row(42, COMPONENT.input, 'high', true, 'See --help.'),
  'input.malformed': row(42, COMPONENT.input, 'high', true, again),
  'pcrs.malformed': row(42, COMPONENT.input, 'high', true, again),
  'anchor.malformed': row(42, COMPONENT.input, 'high', true, again),
  'policy.malformed': row(42, COMPONENT.policy, 'high', true, 'Put the policy right.'),
  'reference-values.malformed': row(42, COMPONENT.referenceValues, 'high', true, again),
  'record.refused': row(
    46,
    COMPONENT.input,
    'high',
    true,
    'Do not trust this record: have the evidence appraised again.',
  ),
  'record.malformed': row(42, COMPONENT.input, 'high', true, again),
} as const satisfies Record<string, FindingKind>
