import {
  appraiseEvidence,
  type Finding,
  formatCanonical,
  type Json,
  mergeReferences,
  type Policy,
  parseReferenceValues,
  verifyRecord,
  withMemory,
} from '@trusted-launch/attestation'
import type { Verdict } from '@trusted-launch/posture'

/** A verdict that was kept, to be made again by something else. */
export interface AgainTask {
  /** The appraisal record. */
  readonly record: Uint8Array
  /** What was found beside the evidence: see `besideOf`. */
  readonly beside: readonly Finding[]
  /** Files of reference values that count besides those that it was made with. */
  readonly more: readonly Uint8Array[]
  /** In place of those that it was made with. */
  readonly references?: Uint8Array
  readonly policy?: Policy
}

/**
 * What a kept verdict would be by other reference values, or another policy. Nothing is kept of it.
 * @throws {Error} the record does not hold.
 */
export function judgedAgain({ record, beside, more, references, policy }: AgainTask): Verdict {
  const kept = verifyRecord(record, { key: null, anchors: [] })
  if ('fault' in kept) throw new Error(`the record does not hold: ${kept.reason}`)
  const first = references === undefined ? kept.input.references : parseReferenceValues(references)
  const all = [...(first === null ? [] : [first]), ...more.map(parseReferenceValues)]
  const input = {
    ...kept.input,
    ...(policy !== undefined && { policy }),
    references: all.length === 0 ? null : mergeReferences(all),
  }
  const { result } = appraiseEvidence(input)
  const { tier, findings } = withMemory(result, { findings: beside })
  return { tier, findings, claims: result.claims, evidence: result.evidence }
}

/** What was found beside the evidence: told of a verdict, and not by its record. */
export function besideOf(
  told: readonly Finding[],
  ofRecord: readonly Finding[],
): readonly Finding[] {
  const textOf = (one: Finding) => formatCanonical(one as unknown as Json)
  const known = new Set(ofRecord.map(textOf))
  return told.filter((one) => !known.has(textOf(one)))
}
