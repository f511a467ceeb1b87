import type { Quote } from '@trusted-launch/channel'
import { equalBytes } from '@trusted-launch/codec'
import type { AppraisalInput } from './appraisal-input.ts'
import { checkQuestion } from './check-question.ts'
import type { Expectation, RollbackState } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import { PcrValues } from './pcr-values.ts'
import type { Finding } from './result.ts'
import { VerifiedAttestationKey } from './verify-attestation-key.ts'
import { VerifiedEventLog } from './verify-event-log.ts'
import { VerifiedQuote } from './verify-quote.ts'
import { verifyRollback } from './verify-rollback.ts'

/** What it takes to verify: nothing to compare with, no policy. */
export type VerifiableInput = Pick<AppraisalInput, 'evidence' | 'expectation' | 'time'>

/** What held, station by station; null where one did not, with the findings that say why. */
export interface Verified {
  readonly key: VerifiedAttestationKey | null
  readonly quotes: readonly VerifiedQuote[]
  readonly log: VerifiedEventLog | null
  readonly findings: readonly Finding[]
  readonly rollback: RollbackState | null
}

/**
 * The stations in their order, each needed by the next: the question, the attestation key, the quotes,
 * the logs. The first that fails ends it: nothing is said about what could not be verified.
 */
export function verifyEvidence(input: VerifiableInput): Verified {
  const { evidence, expectation, time } = input
  const none = { key: null, quotes: [], log: null, rollback: null }
  const asked = checkQuestion(expectation)
  // check 7, 8, 45
  if (asked.some(({ severity }) => severity === 'high')) return { ...none, findings: asked }
  const key = VerifiedAttestationKey.verify(evidence, expectation, time)
  // check 1, 2
  if (!(key instanceof VerifiedAttestationKey)) return { ...none, findings: key }
  const { quotes, findings } = verifyQuotes(input, key)
  // check 5, 6, 7, 8, 9
  if (findings.length > 0) return { ...none, key, findings }
  const notes = [
    // check 7, 8
    ...asked,
    ...notesOfKey(key, input),
    // check 5
    ...notesOfHash(quotes),
    ...notesOfClock(quotes, expectation),
  ]
  const rollback =
    expectation.rollback === null
      ? { findings: [], next: null }
      : verifyRollback(evidence.rollback, key, expectation.rollback)
  const strayed = faultOfIndex(rollback.next, quotes)
  const told = [
    ...notes,
    // check 10
    ...rollback.findings,
    ...strayed,
  ]
  const log = VerifiedEventLog.verify(evidence, quotes.map(PcrValues.ofQuote), expectation.profile)
  const common = { key, quotes, rollback: strayed.length > 0 ? null : rollback.next }
  if (log instanceof VerifiedEventLog) return { ...common, log, findings: told }
  return { ...common, log: null, findings: [...told, ...log] }
}

/** What is not known of a key that was given: told, because it weighs as much as who gave it. */
function notesOfKey(
  { hasAttributes, chain }: VerifiedAttestationKey,
  { evidence }: VerifiableInput,
): Finding[] {
  const notes: Finding[] = []
  // check 2
  if (!hasAttributes)
    notes.push(
      findingOf({
        id: 'attestation-key.bare',
        summary: 'The key came without its public area: what else it may sign is not known.',
      }),
    )
  // check 1
  if (chain.length === 0 && evidence.akCertificate !== null)
    notes.push(
      findingOf({
        id: 'attestation-key.certificate.not-judged',
        summary: "No authority was given to judge the key's certificate by.",
      }),
    )
  return notes
}

function notesOfHash(quotes: readonly VerifiedQuote[]): Finding[] {
  return quotes
    .filter(({ signedWith }) => signedWith === 'sha1')
    .map(({ bank }) =>
      findingOf({ id: 'quote.sha1', summary: `The ${bank} quote is signed over a SHA-1 digest.` }),
    )
}

/** Of our own VMs each bank is quoted by itself; whoever gives the key may have quoted several at once. */
function besides(quote: Quote, { evidence, expectation }: VerifiableInput): readonly Quote[] {
  if (expectation.givenKey === undefined) return [quote]
  return evidence.quotes.filter(({ attest }) => equalBytes(attest, quote.attest))
}

function verifyQuotes(
  input: VerifiableInput,
  key: VerifiedAttestationKey,
): { quotes: VerifiedQuote[]; findings: Finding[] } {
  const { evidence, expectation } = input
  const quotes: VerifiedQuote[] = []
  const findings: Finding[] = []
  for (const bank of expectation.banks) {
    const given = evidence.quotes.filter((quote) => quote.bank === bank)
    // check 20
    if (given.length !== 1) {
      const summary = `${given.length} quotes of the ${bank} bank where one must be.`
      findings.push(findingOf({ id: 'quote.missing', summary }))
      continue
    }
    const beside = besides(given[0]!, input)
    const quote = VerifiedQuote.verify(given[0]!, key, expectation, beside)
    if (quote instanceof VerifiedQuote) quotes.push(quote)
    else findings.push(quote)
  }
  // check 8
  if (evidence.quotes.length > expectation.banks.length)
    findings.push(findingOf({ id: 'quote.selection', summary: 'A bank that was not asked for.' }))
  findings.push(...faultOfCounters(quotes))
  return { quotes, findings }
}

/** The index too must be certified in the boot that is quoted: another copy of the vTPM may be ahead. */
function faultOfIndex(next: RollbackState | null, [quote]: readonly VerifiedQuote[]): Finding[] {
  const summary = 'The extend-only index was certified in another boot than the one quoted.'
  const expected = `${quote?.clockInfo.resetCount}`
  // check 10
  if (next !== null && next.resetCount !== quote?.clockInfo.resetCount)
    return [findingOf({ id: 'quote.counters', summary, expected, actual: `${next.resetCount}` })]
  return []
}

function faultOfCounters(quotes: readonly VerifiedQuote[]): Finding[] {
  const counters = quotes.map(({ clockInfo: c }) => `${c.resetCount}.${c.restartCount}`)
  const summary = 'The quotes are not of the same boot.'
  // check 10
  if (new Set(counters).size > 1)
    return [findingOf({ id: 'quote.counters', summary, actual: counters.join(' ') })]
  return []
}

/** A key that was given may be of the owner hierarchy: its TPM hides the counters behind a secret. Part 1, 36.7. */
function notesOfClock(
  [quote]: readonly VerifiedQuote[],
  { givenKey }: Expectation,
): readonly Finding[] {
  return quote === undefined || givenKey !== undefined ? [] : noteOfClock(quote)
}

function noteOfClock({ clockInfo }: VerifiedQuote): Finding[] {
  // check 10
  if (clockInfo.restartCount > 0) {
    const summary = 'The vTPM was resumed: our VMs cannot sleep, and PCRs can be lost in between.'
    const actual = `${clockInfo.restartCount} restarts`
    return [findingOf({ id: 'quote.restarted', summary, expected: '0 restarts', actual })]
  }
  const summary = 'The vTPM was stopped without a shutdown: its clock may have gone back.'
  // check 10
  if (!clockInfo.safe) return [findingOf({ id: 'quote.unsafe-clock', summary })]
  return []
}
