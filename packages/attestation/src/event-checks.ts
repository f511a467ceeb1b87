import { toHex } from '@trusted-launch/codec'
import type { EventLogInput } from './appraise-event-log.ts'
import { CHECKS } from './checks.ts'
import { compareEvents } from './compare-references.ts'
import { PcrValues } from './pcr-values.ts'
import { holdsWhole, type ReferenceVariant } from './reference-variant.ts'
import { VerifiedEventLog } from './verify-event-log.ts'

/** A check that judged an event. */
export interface EventCheck {
  /** Its number in docs/checks.md. */
  readonly check: number
  readonly title: string
  /** False: it found something about the event, be it grave or not; a finding says what. */
  readonly passed: boolean
}

/**
 * Of each event, by its index, the checks that judged its digest or data, in the order of their table: that its register
 * replays, each check whose events it is one of, and, given the variant that a boot was held against, whether it is as
 * foretold. None of a log that no register vouches for. That a check passed says nothing that the check does not.
 *
 * @throws {MalformedError} a PCR value of the wrong size, or of no PCR.
 */
export function eventChecks(
  input: EventLogInput,
  variant: ReferenceVariant | null,
): readonly (readonly EventCheck[])[] {
  const values = [...input.pcrs].map(([bank, pcrs]) => PcrValues.asGivenByCaller(bank, pcrs))
  if (values.length === 0) return []
  const log = VerifiedEventLog.verify(input, values, input.profile)
  if (!(log instanceof VerifiedEventLog)) return []
  const checked: EventCheck[][] = log.events.map(() => [])
  for (const pcr of log.pcrs.keys())
    for (const { index } of log.eventsOf(pcr)) checked[index]!.push(REPLAYED)
  for (const { number: check, title, run, about } of CHECKS) {
    const found = new Set(run(log).flatMap(({ events = [] }) => events))
    for (const { index } of about(log))
      checked[index]!.push({ check, title, passed: !found.has(index) })
  }
  if (variant !== null)
    for (const [index, passed] of heldAgainst(log, variant))
      checked[index]!.push({ check: 41, title: 'as foretold or approved', passed })
  return checked
}

const REPLAYED: EventCheck = {
  ...{ check: 20, title: 'its register replays to what was given', passed: true },
}

/** Of a register that is compared by its value alone, an event is as foretold where all of them are. */
function heldAgainst(
  log: VerifiedEventLog,
  variant: ReferenceVariant,
): readonly (readonly [index: number, same: boolean])[] {
  const whole = [...log.pcrs].filter(([pcr, value]) =>
    holdsWhole(variant, pcr, log.bank, toHex(value)),
  )
  return [
    ...whole.flatMap(([pcr]) => log.eventsOf(pcr).map(({ index }) => [index, true] as const)),
    ...compareEvents(log, variant).flatMap(({ actual, same }) =>
      actual === null ? [] : [[actual.index, same] as const],
    ),
  ]
}
