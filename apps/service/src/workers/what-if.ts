import {
  checkPolicy,
  checkReferenceValues,
  type Finding,
  mergeReferences,
  type Policy,
  parseReferenceValues,
  type ReferenceValues,
  verifyRecord,
} from '@trusted-launch/attestation'
import { type EffectivePlan, type Setup, type WhatIfChange, whatIf } from '@trusted-launch/posture'
import { besideOf } from './again.ts'

/** A verdict that was kept, and what is tried on it: plain values, for a thread. */
export interface WhatIfTask {
  readonly vm: string
  readonly setup: Setup
  readonly record: Uint8Array
  /** All that was found, beside the evidence too. */
  readonly told: readonly Finding[]
  /** What holds for the VM. */
  readonly plan: EffectivePlan
  readonly tried: {
    readonly policy?: Policy
    readonly references?: ReferenceValues
    readonly plan?: EffectivePlan
    /** Where that plan retires otherwise: what was approved and counts then, and whether what is foretold does. */
    readonly counted?: {
      readonly foretoldCounts: boolean
      readonly approved: readonly Uint8Array[]
    }
  }
}

/**
 * What would be another for a VM; null: nothing.
 * @throws {Error} the record does not hold.
 */
export function triedOn({ vm, setup, record, told, plan, tried }: WhatIfTask): WhatIfChange | null {
  const kept = verifyRecord(record, { key: null, anchors: [] })
  if ('fault' in kept) throw new Error(`the record does not hold: ${kept.reason}`)
  const { input, appraised } = kept
  const { result } = appraised
  const remembered = besideOf(told, result.findings)
  const { policy, counted } = tried
  const references = counted === undefined ? tried.references : countedOf(input.references, counted)
  const checked = {
    ...(policy !== undefined && { policy: checkPolicy(policy) }),
    ...(references !== undefined && { references: validOf(references) }),
    ...(tried.plan !== undefined && { plan: tried.plan }),
  }
  const [change] = whatIf(checked, [{ vm, setup, input, result, remembered, plan }])
  return change ?? null
}

const validOf = (references: ReferenceValues | null) =>
  references === null ? null : checkReferenceValues(references)

/** Of those that a verdict was made with, what nobody approved was foretold. */
function countedOf(
  made: ReferenceValues | null,
  { foretoldCounts, approved }: NonNullable<WhatIfTask['tried']['counted']>,
): ReferenceValues | null {
  const foretold = (made?.variants ?? []).filter(({ approval }) => approval === 'not-needed')
  const first = foretoldCounts && foretold.length > 0 ? [{ version: 2, variants: foretold }] : []
  const all = [...(first as ReferenceValues[]), ...approved.map(parseReferenceValues)]
  return all.length === 0 ? null : mergeReferences(all)
}
