import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { Finding, Policy, ReferenceValues } from '@trusted-launch/attestation'
import type { EffectivePlan, MonitoringPlan, WhatIfChange } from '@trusted-launch/posture'
import { everyOf } from '../domain/every-of.ts'
import { planOf, setIdOf } from '../domain/plans.ts'
import { policyNamed } from '../domain/policies.ts'
import { bootsOf } from '../domain/references/boots.ts'
import { countedFor } from '../domain/references/used.ts'
import { SCALE_SET } from '../domain/scale-set/scale-set.ts'
import type { Json, JsonObject, Resource, Store, Tables } from '../domain/store.ts'
import { setupOf } from '../domain/vm/setup.ts'
import { MACHINE_TYPES, stateOf, VM } from '../domain/vm/vm.ts'
import { AppraisalError } from '../workers/appraisers.ts'
import type { WhatIfTask } from '../workers/what-if.ts'
import { Cancelled, type Handler, type Job } from './worker.ts'

/** What is tried on the VMs at and below a scope; at least one of the three. */
export interface WhatIfInput {
  /** The id of a subscription, a group, a scale set or a VM. */
  readonly scope: string
  /** In place of the one that each VM's plan names. */
  readonly policy?: Policy
  /** In place of the one that stands at the scope. */
  readonly plan?: MonitoringPlan
  /** In place of all that count. */
  readonly references?: ReferenceValues
}

/** So many changes are told one by one; all are counted. */
const TOLD_MAX = 1_000
const FINDINGS_MAX = 16
/** So many are tried at once: what is due meanwhile has its turn between them. */
const ATONCE = 4

export interface WhatIfGround {
  readonly store: Store
  readonly now: () => number
  readonly tryOn: (task: WhatIfTask) => Promise<WhatIfChange | null>
}

/** Tries something on the last evidence of all VMs of a scope: nothing is kept, cleared or done. */
export function whatIfHandlers(ground: WhatIfGround): Record<string, Handler> {
  return { whatIf: (job) => tried(job, ground) }
}

interface Counts {
  judged: number
  changed: number
  worse: number
  better: number
  withoutEvidence: number
  notJudged: number
}

async function tried(job: Job, ground: WhatIfGround): Promise<JsonObject> {
  const { store } = ground
  const input = job.operation.input as unknown as WhatIfInput
  const scope = await store.resources.get(input.scope)
  if (scope === null) throw new ArmError(faults.resourceNotFound(input.scope))
  const total = await countOf(store, scope)
  const counts = { judged: 0, changed: 0, worse: 0, better: 0, withoutEvidence: 0, notJudged: 0 }
  const value: JsonObject[] = []
  let seen = 0
  for await (const some of batches(vmsOf(store, scope))) {
    const results = await Promise.all(some.map((vm) => tryOne(vm, input, ground)))
    for (const result of results) count(counts, value, result)
    seen += some.length
    if (seen % (ATONCE * 25) < ATONCE) await tell(job, seen, total)
  }
  return { scope: scope.id, ...counts, value }
}

/** The VMs at a scope and below, and the instances of sets. */
async function* vmsOf(tables: Tables, scope: Resource): AsyncGenerator<Resource> {
  if (scope.type === VM) return yield scope
  const isIn = (vm: Resource) =>
    scope.type !== SCALE_SET || keyOf(setIdOf(vm) ?? '') === keyOf(scope.id)
  for (const query of queriesOf(scope))
    for await (const vm of everyOf(tables, query)) if (isIn(vm)) yield vm
}

/** How many there are at most. */
async function countOf({ resources }: Tables, scope: Resource): Promise<number> {
  if (scope.type === VM) return 1
  const counts = await Promise.all(queriesOf(scope).map((query) => resources.count(query)))
  return counts.reduce((all, some) => all + some, 0)
}

function queriesOf({ subscriptionId, resourceGroup }: Resource) {
  const within = { subscriptionId, ...(resourceGroup !== null && { resourceGroup }) }
  return MACHINE_TYPES.map((type) => ({ type, ...within }))
}

async function tell(job: Job, seen: number, total: number): Promise<void> {
  if (await job.isCancelled()) throw new Cancelled()
  const percent = Math.min(99, Math.floor((100 * seen) / Math.max(1, total)))
  await job.tell(percent, `${seen} of ${total} virtual machines`)
}

async function* batches(all: AsyncIterable<Resource>) {
  let some: Resource[] = []
  for await (const one of all) {
    some.push(one)
    if (some.length < ATONCE) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

type Tried = WhatIfChange | 'same' | 'no-evidence' | 'not-judged'

async function tryOne(
  vm: Resource,
  input: WhatIfInput,
  { store: tables, now, tryOn }: WhatIfGround,
): Promise<Tried> {
  const latest = await tables.attestations.latest(stateOf(vm).vmId)
  if (latest === null) return 'no-evidence'
  const { record, findings } = latest
  const plan = await planOf(tables, vm)
  const setup = await setupOf(tables, vm)
  const task = { vm: vm.id, setup, record, plan, told: findings as unknown as Finding[] }
  try {
    const change = await tryOn({
      ...task,
      tried: await triedFor(tables, vm, input, plan, now()),
    })
    return change ?? 'same'
  } catch (error) {
    if (error instanceof AppraisalError) return 'not-judged'
    throw error
  }
}

/** A plan may name another policy, or retire otherwise: then the verdict is made under that, by what counts then. */
async function triedFor(
  tables: Tables,
  vm: Resource,
  { scope, policy, plan, references }: WhatIfInput,
  before: EffectivePlan,
  now: number,
): Promise<WhatIfTask['tried']> {
  const given = {
    ...(policy !== undefined && { policy }),
    ...(references !== undefined && { references }),
  }
  if (plan === undefined) return given
  const after = await planOf(tables, vm, { scope, plan })
  const isRetiring = retirementOf(after) !== retirementOf(before) && references === undefined
  const named =
    policy !== undefined || after.policy.value === before.policy.value
      ? null
      : await policyNamed(tables, vm.subscriptionId, after.policy.value)
  return {
    ...{ ...given, plan: after },
    ...(named !== null && { policy: named }),
    ...(isRetiring && { counted: await countedUnder(tables, vm, after, now) }),
  }
}

const retirementOf = ({ references: { value } }: EffectivePlan) =>
  `${value.retireAfterBoots} ${value.retireAfterDays}`

async function countedUnder(tables: Tables, vm: Resource, plan: EffectivePlan, now: number) {
  const boots = await bootsOf(tables.values, stateOf(vm).vmId)
  return countedFor(tables, vm, boots, plan.references.value, now)
}

const TIERS = ['none', 'affirming', 'warning', 'contraindicated']

function count(counts: Counts, value: JsonObject[], result: Tried): void {
  if (result === 'no-evidence') counts.withoutEvidence++
  else if (result === 'not-judged') counts.notJudged++
  else counts.judged++
  if (typeof result === 'string') return
  counts.changed++
  const { before, after } = result.tier
  if (TIERS.indexOf(after) > TIERS.indexOf(before)) counts.worse++
  if (TIERS.indexOf(after) < TIERS.indexOf(before)) counts.better++
  if (value.length < TOLD_MAX) value.push(told(result))
}

/** What the guest showed of its inside is for who may read its evidence: not told here. */
function told({ vm, tier, found, gone, consequences }: WhatIfChange): JsonObject {
  const short = (findings: readonly Finding[]) =>
    findings
      .slice(0, FINDINGS_MAX)
      .map(({ id, component, severity, pcr }) => ({ id, component, severity, pcr: pcr ?? null }))
  return {
    ...{ vm, tier, found: short(found), gone: short(gone) },
    consequences: consequences as unknown as Json,
  }
}
