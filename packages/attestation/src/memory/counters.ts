import { findingOf } from '../finding-table.ts'
import { boolean, integer, nullable, object, type Shape, string } from '../json-shape.ts'
import type { AttestationResult, Finding } from '../result.ts'

/** A vTPM's counters as last believed, and how often its host had started it then. */
export interface CounterState {
  readonly resetCount: number
  readonly restartCount: number
  /** Milliseconds of the TPM's own clock, decimal: 64 bits. */
  readonly clock: string
  /** False: it was stopped without a shutdown before. Recorded, and no failure: a power cut does it. */
  readonly safe: boolean
  /** How often the host had started it; null: nobody counts. */
  readonly hostResets: number | null
}

/** What a quote says now, and what is known beside it. */
export interface CountersNow extends CounterState {
  /** The key is of the owner hierarchy, or may be: then the TPM gives its counters disguised. */
  readonly obfuscated: boolean
  /** The extend-only index continues though the TPM was cleared: that sets the counters to 0. */
  readonly cleared: boolean
}

/** What is wrong, and what to compare with next time. */
export interface Compared<State> {
  readonly findings: readonly Finding[]
  readonly next: State
}

/**
 * This verifies that: resetCount and, within one reset, restartCount never fall; the clock never falls while
 * neither moved, and is not compared otherwise (a power cut sets it back); resetCount grew by as many
 * starts as the host saw. What does not hold is not remembered: the state stays what it was; after a start that the
 * host did not see its count begins anew.
 *
 * A snapshot that is put back with its counters carried on shows in the extend-only index alone.
 * @param before null: nothing is remembered, so what is told now is taken.
 * @see TPM 2.0 Part 1, 36 "Timing Components"
 */
export function compareCounters(
  before: CounterState | null,
  now: CountersNow,
): Compared<CounterState | null> {
  const { obfuscated, cleared, ...state } = now
  if (obfuscated) return { findings: [disguised()], next: before }
  if (before === null || cleared) return { findings: [], next: state }
  const fallen = faultOfCounters(before, now) ?? faultOfClock(before, now)
  if (fallen !== null) return { findings: [fallen], next: before }
  const resets = faultOfResets(before, now)
  if (resets?.severity === 'high') return { findings: [resets], next: before }
  // What its host will count belongs to which of them nobody knows.
  const next = resets === null ? state : { ...state, hostResets: null }
  return { findings: resets === null ? [] : [resets], next }
}

/** The counters of a result, or null when it has no verified quote. */
export function countersOf(
  { counters }: AttestationResult,
  known: Pick<CountersNow, 'hostResets' | 'obfuscated' | 'cleared'>,
): CountersNow | null {
  return counters === null ? null : { ...counters, ...known }
}

function faultOfCounters(before: CounterState, now: CounterState): Finding | null {
  const sameReset = now.resetCount === before.resetCount
  // check 10
  if (now.resetCount < before.resetCount || (sameReset && now.restartCount < before.restartCount))
    return findingOf({
      id: 'vtpm.counters.fallen',
      summary: 'The vTPM counts fewer resets or restarts than before.',
      expected: `at least ${pairOf(before)}`,
      actual: pairOf(now),
    })
  return null
}

function faultOfClock(before: CounterState, now: CounterState): Finding | null {
  // check 10
  if (pairOf(now) === pairOf(before) && BigInt(now.clock) < BigInt(before.clock))
    return findingOf({
      id: 'vtpm.clock.fallen',
      summary: "The vTPM's clock went back without a reset.",
      expected: `at least ${before.clock}`,
      actual: now.clock,
    })
  return null
}

function faultOfResets(before: CounterState, now: CounterState): Finding | null {
  if (before.hostResets === null || now.hostResets === null) return null
  const seen = now.hostResets - before.hostResets
  const counted = now.resetCount - before.resetCount
  const told = { expected: `${seen} more resets`, actual: `${counted} more resets` }
  // check 10
  if (counted < seen)
    return findingOf({
      id: 'vtpm.resets.missing',
      summary: 'The vTPM does not know of every start that its host saw.',
      ...told,
    })
  // check 10
  if (counted > seen)
    return findingOf({
      id: 'vtpm.resets.unseen',
      summary: 'The vTPM was started without its host.',
      ...told,
    })
  return null
}

function disguised(): Finding {
  const summary = 'The counters of this key may be disguised by the TPM: they are not compared.'
  return findingOf({ id: 'vtpm.counters.obfuscated', summary })
}

function pairOf({ resetCount, restartCount }: CounterState): string {
  return `${resetCount}.${restartCount}`
}

const counter = integer({ min: 0, max: 2 ** 32 - 1 })
/** A stored state. */
export const counterShape: Shape<CounterState> = object({
  resetCount: counter,
  restartCount: counter,
  clock: string({ max: 20, pattern: /^(0|[1-9]\d*)$/ }),
  safe: boolean,
  hostResets: nullable(integer({ min: 0, max: 2 ** 52 })),
})
