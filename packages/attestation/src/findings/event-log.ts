import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** The log's form, its replay and its structure. */
export const eventLogFindings = {
  'eventlog.missing': row(
    42,
    COMPONENT.eventLog,
    'high',
    true,
    "See to it that the guest's kernel shows its firmware event log (securityfs).",
  ),
  'eventlog.malformed': row(13, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.bank': row(20, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.bank.weak': row(
    20,
    COMPONENT.eventLog,
    'high',
    true,
    'Switch a SHA-256 bank on in the TPM, and quote it.',
  ),
  'eventlog.replay': row(20, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.start': row(18, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'pcr.unexplained': row(
    21,
    COMPONENT.eventLog,
    'high',
    true,
    'Find out what extends this register, and have it write a log.',
  ),
  'pcr.missing': row(
    8,
    COMPONENT.eventLog,
    'high',
    true,
    'Give the values of PCR 0 to 7, of one time, in every bank that is given.',
  ),
  'pcr.not-given': row(
    21,
    COMPONENT.eventLog,
    'low',
    true,
    'Give the value of this register too: what it measured stays unverified.',
  ),
  'pcr.empty': row(22, COMPONENT.firmware, 'high', true, ADVICE.firmware),
  'eventlog.data': row(24, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.disguised': row(23, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.type': row(23, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.type.secure-boot': row(23, COMPONENT.secureBootVariables, 'high', true, ADVICE.badLog),
  'eventlog.quirk': row(
    25,
    COMPONENT.eventLog,
    'low',
    true,
    'Look whether its firmware or boot loader is known to write its log so.',
  ),
  'eventlog.separator.missing': row(26, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.separator.repeated': row(26, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.separator.error': row(26, COMPONENT.firmware, 'high', true, ADVICE.firmware),
  'eventlog.separator.value': row(26, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.after-separator': row(27, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
  'eventlog.phase': row(27, COMPONENT.eventLog, 'high', true, ADVICE.badLog),
} as const satisfies Record<string, FindingKind>
