import { findingOf } from '../finding-table.ts'
import { array, hex, integer, nullable, object, type Shape, string } from '../json-shape.ts'
import type { AttestationResult, Finding } from '../result.ts'
import { formatTime } from '../time.ts'
import type { Compared } from './counters.ts'

/** A verdict that refused. */
export interface Failure {
  /** Milliseconds since 1970. */
  readonly time: number
  /** The weightiest findings, at most 16. */
  readonly findings: readonly string[]
  /** Of the evidence, hexadecimal; null: there was none. */
  readonly evidenceSha256: string | null
}

/** Who cleared a failure: a person, or a policy by its name. */
export interface Clearance {
  readonly by: string
  readonly reason: string
  readonly time: number
}

/** How a VM stands after all its verdicts. */
export interface Standing {
  /** The first failure that nobody cleared; null: none. */
  readonly failure: Failure | null
  /** Of the last failure that was cleared. */
  readonly clearance: Clearance | null
  /** When it last answered with evidence, milliseconds since 1970; null: never. */
  readonly answered: number | null
}

/** Of a VM that was never asked. */
export const NO_STANDING: Standing = Object.freeze({
  failure: null,
  clearance: null,
  answered: null,
})

const findingsMax = 16
const textMax = 256

/**
 * What a verdict means after those before it. A failure stays: a good verdict after it is told beside the
 * failure, and silence neither clears it nor passes for an answer. Only `clearFailure` does.
 * @param result the verdict; its tier with what memory found, and the ids of that.
 * @param time milliseconds since 1970.
 */
export function judgeStanding(
  before: Standing,
  result: Pick<AttestationResult, 'tier' | 'evidence'> & { readonly ids: readonly string[] },
  time: number,
): Compared<Standing> {
  const { tier, evidence, ids } = result
  if (tier === 'none') return { findings: [silence(before)], next: before }
  const failed = tier === 'contraindicated'
  const failure: Failure = {
    time,
    findings: ids.slice(0, findingsMax),
    evidenceSha256: evidence?.sha256 ?? null,
  }
  const next: Standing = {
    ...before,
    failure: before.failure ?? (failed ? failure : null),
    answered: evidence === null ? before.answered : time,
  }
  // check 44
  if (before.failure !== null) return { findings: [failedBefore(before.failure)], next }
  return { findings: [], next }
}

/**
 * The standing without its failure: by whom, and why, stays on record.
 * @throws {RangeError} there is none, nobody or no reason is named, or the time is before the failure's.
 */
export function clearFailure(before: Standing, clearance: Clearance): Standing {
  const { by, reason, time } = clearance
  if (before.failure === null) throw new RangeError('there is no failure to clear')
  if (time < before.failure.time) throw new RangeError('cleared before it failed')
  for (const text of [by, reason])
    if (text.trim() === '' || text.length > textMax)
      throw new RangeError('a failure is cleared by somebody, for a reason')
  return { ...before, failure: null, clearance: { by, reason, time } }
}

function silence({ answered }: Standing) {
  const since = answered === null ? 'It never answered.' : `Since ${formatTime(answered)}.`
  return findingOf({ id: 'verdict.silent', summary: `The VM gives no evidence. ${since}` })
}

/** What a failure that nobody cleared means to every verdict after it. */
export function failedBefore({ time, findings }: Failure): Finding {
  return findingOf({
    id: 'verdict.failed-before',
    summary: `It failed at ${formatTime(time)}, and nobody cleared that.`,
    actual: findings.join(' '),
  })
}

const time = integer({ min: 0, max: 253_402_300_799_999 })
const text = string({ max: textMax })
/** A stored state. */
export const standingShape: Shape<Standing> = object({
  failure: nullable(
    object({
      time,
      findings: array(string({ max: 64 }), { max: findingsMax }),
      evidenceSha256: nullable(hex({ min: 32, max: 32 })),
    }),
  ),
  clearance: nullable(object({ by: text, reason: text, time })),
  answered: nullable(time),
})
