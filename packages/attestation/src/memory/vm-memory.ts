import { toHex, within } from '@trusted-launch/codec'
import type { AppraisalInput } from '../appraisal-input.ts'
import type { Appraised } from '../appraise.ts'
import { encodeCanonical, type Json } from '../canonical-json.ts'
import type { RollbackState } from '../expectation.ts'
import { sortFindings } from '../finding-table.ts'
import { integer, nullable, object, oneOf, parseJson, type Shape } from '../json-shape.ts'
import { rollbackStateShape } from '../record-shape.ts'
import { type AttestationResult, type Finding, type Tier, tierOfFindings } from '../result.ts'
import { unansweredMax } from '../verify-rollback.ts'
import {
  type Compared,
  type CounterState,
  compareCounters,
  counterShape,
  countersOf,
} from './counters.ts'
import { type BootState, bootShape, compareBoot } from './one-boot.ts'
import { judgeStanding, NO_STANDING, type Standing, standingShape } from './standing.ts'

/** What is remembered of a VM from one verdict to the next: plain JSON, at most 64 kB. */
export interface VmMemory {
  readonly version: 1
  /** Of the vTPM that the rest is about; null: not known yet. */
  readonly generation: number | null
  readonly rollback: RollbackState
  readonly counters: CounterState | null
  readonly boot: BootState | null
  readonly standing: Standing
}

/** Of a VM that was never asked. */
export const NO_MEMORY: VmMemory = Object.freeze({
  version: 1,
  generation: null,
  rollback: { indexName: null, value: null, unanswered: [], resetCount: null },
  counters: null,
  boot: null,
  standing: NO_STANDING,
})

/** A verdict in the light of those before it. */
export interface Remembered {
  /** What memory adds to the result's own findings. */
  readonly findings: readonly Finding[]
  /** The result's, or a worse one. */
  readonly tier: Tier
  /** To be stored in the same transaction as the result. */
  readonly next: VmMemory
}

/**
 * A verdict in the light of those before it: counters, one boot's logs, and whether an earlier
 * failure was cleared. What was not verified is not remembered, nor what contradicts
 * what is. The same arguments give the same memory, and the same verdict again leaves it as it is: who
 * was killed before it was stored does it again.
 *
 * Whether the nonce is new is asked before (`useNonce`).
 * @param hostResets how often the host started the vTPM; null: nobody counts.
 */
export function remember(
  before: VmMemory,
  input: AppraisalInput,
  appraised: Appraised,
  hostResets: number | null,
): Remembered {
  const { result, rollback } = appraised
  const { tier: told, evidence, generation } = result
  const known = ofGeneration(before, generation)
  const seen = compareAll(known, input, appraised, hostResets)
  const found = seen.findings
  const tier = worse(told, found)
  const ids = sortFindings([...appraised.findings, ...found]).map(({ id }) => id)
  const standing = judgeStanding(known.standing, { tier, evidence, ids }, input.time)
  const findings = sortFindings([...found, ...standing.findings])
  const next = { ...known, ...seen.next, standing: standing.next }
  return {
    findings,
    tier: worse(told, findings),
    // The index was extended whatever the verdict: forgotten, the next answer would look like an older vTPM.
    next: { ...next, rollback: rollback ?? known.rollback },
  }
}

/**
 * A VM's memory when it has a vTPM of this generation: a new one has counters, logs and an index of its own.
 * How the VM stands stays: reprovisioning clears no failure. An older generation is never gone back to.
 */
function ofGeneration(before: VmMemory, generation: number): VmMemory {
  if (before.generation !== null && generation <= before.generation) return before
  if (before.generation === null) return { ...before, generation }
  return { ...NO_MEMORY, generation, standing: before.standing }
}

function compareAll(
  before: VmMemory,
  input: AppraisalInput,
  { result, findings }: Appraised,
  hostResets: number | null,
): Compared<Pick<VmMemory, 'counters' | 'boot'>> {
  const { counters, boot } = before
  const kept = { counters, boot }
  // Of an imported key the hierarchy is not known: the owner's has its counters disguised.
  const obfuscated = input.expectation.givenKey !== undefined
  const cleared = findings.some(({ id }) => id === 'vtpm.cleared')
  const now = countersOf(result, { hostResets, obfuscated, cleared })
  if (now === null) return { findings: [], next: kept }
  const counted = compareCounters(counters, now)
  if (result.bank === null || obfuscated)
    return { ...counted, next: { ...kept, counters: counted.next } }
  const { resetCount } = now
  const continued = compareBoot(boot, { resetCount, evidence: input.evidence })
  const told = [...counted.findings, ...continued.findings]
  const contradicted = [...told, ...findings].some(
    ({ id, severity }) => severity === 'high' && /^vtpm\.|not-continued$/.test(id),
  )
  const next = contradicted ? kept : { counters: counted.next, boot: continued.next }
  return { findings: told, next }
}

/**
 * That a question is sent which has the guest extend its index by this nonce: stored before it is sent, since the
 * answer may be lost. Of more than eight unanswered the oldest is forgotten, as `verifyRollback` does.
 */
export function rememberQuestion(
  before: VmMemory,
  generation: number,
  extendNonce: Uint8Array,
): VmMemory {
  const known = ofGeneration(before, generation)
  const { rollback } = known
  const unanswered = [...rollback.unanswered, toHex(extendNonce)].slice(-unansweredMax)
  return { ...known, rollback: { ...rollback, unanswered } }
}

/** The result as a relying party is to have it: with what memory found, and never better for it. */
export function withMemory(
  result: AttestationResult,
  remembered: Pick<Remembered, 'findings'>,
): AttestationResult {
  const findings = sortFindings([...result.findings, ...remembered.findings])
  return { ...result, findings, tier: worse(result.tier, remembered.findings) }
}

/** That there was no evidence: the failure before it stays, and nothing else is touched. */
export function rememberSilence(before: VmMemory, time: number): Remembered {
  const silent = { tier: 'none', evidence: null, ids: [] } as const
  const { findings } = judgeStanding(before.standing, silent, time)
  return { findings, tier: 'none', next: before }
}

/** A memory to store: canonical JSON. */
export function encodeMemory(memory: VmMemory): Uint8Array {
  return encodeCanonical(memory as unknown as Json)
}

/** Reads a stored memory. @throws {MalformedError} another version or shape: never forgotten silently. */
export function parseMemory(bytes: Uint8Array): VmMemory {
  return within('VmMemory', () => parseJson(bytes, shape, { max: bytesMax }))
}

function worse(tier: Tier, findings: readonly Finding[]): Tier {
  const order: readonly Tier[] = ['affirming', 'warning', 'contraindicated']
  if (tier === 'none') return 'none'
  return order[Math.max(order.indexOf(tier), order.indexOf(tierOfFindings(findings)))]!
}

const bytesMax = 64 * 1024
const shape: Shape<VmMemory> = object({
  version: oneOf(1),
  generation: nullable(integer({ min: 0, max: 2 ** 32 - 1 })),
  rollback: rollbackStateShape,
  counters: nullable(counterShape),
  boot: nullable(bootShape),
  standing: standingShape,
})
