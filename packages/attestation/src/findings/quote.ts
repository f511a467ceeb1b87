import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** The question and the signed answer. */
export const quoteFindings = {
  'agent.no-evidence': row(
    42,
    COMPONENT.agent,
    'high',
    true,
    "See to it that the guest's agent runs and answers.",
  ),
  'question.nonce': row(
    7,
    COMPONENT.quote,
    'high',
    true,
    'Ask again with a nonce of 32 random bytes.',
  ),
  'question.binding': row(
    45,
    COMPONENT.quote,
    'high',
    true,
    'Ask again with the nonce that is made of the key, the nonce of the relying party and 32 random bytes.',
  ),
  'question.pcrs': row(8, COMPONENT.quote, 'high', true, 'Ask again for PCR 0 to 15 and 23.'),
  'question.banks': row(
    8,
    COMPONENT.quote,
    'high',
    true,
    'Ask again for the SHA-256 bank, each bank once.',
  ),
  'nonce.refused': row(
    7,
    COMPONENT.quote,
    'high',
    true,
    'Ask again: an answer counts once, for the VM that was asked, and not for long.',
  ),
  'quote.missing': row(20, COMPONENT.quote, 'high', true, 'Ask again for every bank the VM has.'),
  'quote.signature': row(5, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.algorithm': row(5, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.malformed': row(6, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.type': row(6, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.nonce': row(
    7,
    COMPONENT.quote,
    'high',
    true,
    'Ask again: this answers another question, an old one perhaps.',
  ),
  'quote.selection': row(8, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.pcrs': row(8, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.digest': row(9, COMPONENT.quote, 'high', true, ADVICE.forged),
  'quote.counters': row(
    10,
    COMPONENT.quote,
    'high',
    true,
    'Ask again: the machine was reset while it answered.',
  ),
  'quote.restarted': row(
    10,
    COMPONENT.vtpm,
    'low',
    true,
    'Find out how the VM could sleep, and restart it: its host offers no sleep.',
  ),
  'quote.unsafe-clock': row(
    10,
    COMPONENT.vtpm,
    'info',
    true,
    'Nothing: the VM lost power once without shutting down.',
  ),
} as const satisfies Record<string, FindingKind>
