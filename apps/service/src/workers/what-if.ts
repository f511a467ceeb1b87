import {
  checkPolicy,
  checkReferenceValues,
  type Finding,
  type Policy,
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
  const { policy, references } = tried
  const checked = {
    ...(policy !== undefined && { policy: checkPolicy(policy) }),
    ...(references !== undefined && { references: checkReferenceValues(references) }),
    ...(tried.plan !== undefined && { plan: tried.plan }),
  }
  const [change] = whatIf(checked, [{ vm, setup, input, result, remembered, plan }])
  return change ?? null
}
