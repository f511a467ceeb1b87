import {
  type AppraisalInput,
  type AttestationResult,
  appraiseEvidence,
  type Finding,
  type Policy,
  type ReferenceValues,
  type Tier,
  withMemory,
} from '@trusted-launch/attestation'
import type { Alert } from './alert.ts'
import { detect } from './detect.ts'
import { type EffectivePlan, meaningByPlan } from './effective-plan.ts'
import type { Setup } from './machine.ts'
import type { FailureMeaning } from './plan.ts'

/** A verdict as it is stored, with all that makes it again. */
export interface StoredVerdict {
  readonly vm: string
  readonly setup: Setup
  readonly input: AppraisalInput
  readonly result: AttestationResult
  /** What memory found besides: it is of another time, and stays as it is. */
  readonly remembered: readonly Finding[]
  readonly plan: EffectivePlan
}

/** What is tried out: each that is given in place of the stored one. */
export interface WhatIf {
  readonly policy?: Policy
  /** Null: none. */
  readonly references?: ReferenceValues | null
  readonly plan?: EffectivePlan
}

/** An alert that a verdict by itself raises, and what is done about it. */
export type Consequence = Pick<Alert, 'type' | 'cause'> & FailureMeaning

/** What would be another for a VM. */
export interface WhatIfChange {
  readonly vm: string
  readonly tier: { readonly before: Tier; readonly after: Tier }
  /** Findings that would be new, and those that would be no longer. */
  readonly found: readonly Finding[]
  readonly gone: readonly Finding[]
  readonly consequences: {
    readonly before: readonly Consequence[]
    readonly after: readonly Consequence[]
  }
}

/**
 * What another policy, plan or other reference values would make of stored evidence, as of when it was taken: the
 * VMs for which anything would be another. Nothing is stored, cleared or done.
 */
export function whatIf(tried: WhatIf, stored: readonly StoredVerdict[]): WhatIfChange[] {
  return stored.flatMap((one) => changeOf(tried, one))
}

function changeOf({ policy, references, plan }: WhatIf, stored: StoredVerdict): WhatIfChange[] {
  const { vm, setup, input, remembered } = stored
  const isSame = policy === undefined && references === undefined
  const given = {
    ...input,
    policy: policy ?? input.policy,
    references: references === undefined ? input.references : references,
  }
  const bare = isSame ? stored.result : appraiseEvidence(given).result
  const told = { findings: remembered }
  const [before, after] = [stored.result, bare].map((result) => withMemory(result, told))
  const consequences = {
    before: consequencesOf(vm, setup, before!, input.time, stored.plan),
    after: consequencesOf(vm, setup, after!, input.time, plan ?? stored.plan),
  }
  const change = {
    vm,
    tier: { before: before!.tier, after: after!.tier },
    found: without(after!.findings, before!.findings),
    gone: without(before!.findings, after!.findings),
    consequences,
  }
  return isNoChange(change) ? [] : [change]
}

function consequencesOf(
  vm: string,
  setup: Setup,
  result: AttestationResult,
  time: number,
  plan: EffectivePlan,
): Consequence[] {
  return detect([], { kind: 'verdict', vm, time, setup, result }).map(({ alert }) => {
    const { type, cause } = alert
    return { type, cause, ...meaningByPlan(plan, alert).value }
  })
}

/** Findings of the first that the second has not: by what they say, and how bad it is. */
function without(some: readonly Finding[], others: readonly Finding[]): Finding[] {
  const keyOf = ({ id, component, severity, expected, actual }: Finding) =>
    [id, component, severity, expected, actual].join(' ')
  const known = new Set(others.map(keyOf))
  return some.filter((finding) => !known.has(keyOf(finding)))
}

function isNoChange({ tier, found, gone, consequences }: WhatIfChange): boolean {
  const told = [consequences.before, consequences.after].map((some) =>
    some
      .map(({ type, cause, severity, response }) => [type, cause, severity, response].join(' '))
      .join(),
  )
  return tier.before === tier.after && found.length + gone.length === 0 && told[0] === told[1]
}
