import { ArmError, faults } from '@trusted-launch/api'
import { enqueue } from '../enqueue.ts'
import { listIn } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { Operation, Resource } from '../store.ts'
import { at } from '../vm/vm.ts'
import { formersOf, putBack } from './put-back.ts'
import { type RollingPolicy, rollingPolicyOf } from './rolling-policy.ts'
import {
  instancesOf,
  isGoing,
  isHealthy,
  isLatest,
  isProtectedFrom,
  type ScaleSet,
  type ScaleSetState,
  scaleSetStateJson,
} from './scale-set.ts'
import type { ScaleSetRules } from './scale-set-rules.ts'
import { endBatch, isReplacing, replace } from './surge.ts'
import { outdated, upgradeInstances } from './upgrade.ts'

/** How far a rolling upgrade is: every instance is in one of these. */
export interface Progress {
  readonly done: readonly Resource[]
  readonly failed: readonly Resource[]
  readonly running: readonly Resource[]
  readonly pending: readonly Resource[]
}

/** It follows from the instances alone: whoever goes on with an upgrade sees what was done. */
export function progressOf(set: ScaleSet, instances: readonly Resource[]): Progress {
  const here = instances.filter((each) => !isGoing(each))
  const latest = here.filter((each) => isLatest(set, each))
  const running = latest.filter(
    ({ provisioningState: state }) => state === 'Updating' || state === 'Creating',
  )
  const failed = latest.filter((each) => !running.includes(each) && !isHealthy(each))
  const done = latest.filter((each) => !running.includes(each) && !failed.includes(each))
  return { done, failed, running, pending: outdated(set, here) }
}

/** Why an upgrade goes no further; null: it may. */
export function breachOf(policy: RollingPolicy, progress: Progress): string | null {
  const { done, failed, running, pending } = progress
  const all = done.length + failed.length + running.length + pending.length
  const upgraded = done.length + failed.length
  const unhealthy = failed.length + pending.filter((each) => !isHealthy(each)).length
  if (100 * failed.length > policy.maxUnhealthyUpgradedInstancePercent * upgraded)
    return `${failed.length} of ${upgraded} upgraded instances are unhealthy; ${policy.maxUnhealthyUpgradedInstancePercent} % may be`
  if (100 * unhealthy > policy.maxUnhealthyInstancePercent * all)
    return `${unhealthy} of ${all} instances are unhealthy; ${policy.maxUnhealthyInstancePercent} % may be`
  return null
}

/** The instances that are upgraded next: at least one, of one zone unless the policy lets it be of several, unhealthy ones last unless it wants them first. */
export function nextBatch(
  policy: RollingPolicy,
  { done, failed, running, pending }: Progress,
): Resource[] {
  const all = done.length + failed.length + running.length + pending.length
  const size = Math.max(1, Math.floor((all * policy.maxBatchInstancePercent) / 100))
  const first = (each: Resource) => isHealthy(each) !== policy.prioritizeUnhealthyInstances
  const order = (a: Resource, b: Resource) =>
    Number(first(b)) - Number(first(a)) || (zoneOf(a) < zoneOf(b) ? -1 : 1)
  const sorted = policy.enableCrossZoneUpgrade
    ? [...pending].sort((a, b) => Number(first(b)) - Number(first(a)))
    : [...pending].sort(order)
  const isNext = (each: Resource) =>
    policy.enableCrossZoneUpgrade || zoneOf(each) === zoneOf(sorted[0]!)
  return sorted.filter(isNext).slice(0, size)
}

function zoneOf({ envelope }: Resource): string {
  return listIn(at(envelope, 'zones')).join()
}

/**
 * Begins one. Its operation is of a resource beside the set, not in it: else the set's own operations would wait for it, and
 * its instances' for those. @throws {ArmError} one goes on.
 */
export async function beginRolling(moment: Moment, set: ScaleSet): Promise<Operation> {
  const { rolling } = set.state
  const before =
    rolling === undefined ? null : await moment.tables.operations.get(rolling.operation)
  if (before !== null && before.endedAt === null)
    throw new ArmError(
      faults.operationNotAllowed(
        `A rolling upgrade of '${set.name}' goes on: wait for it, or cancel it (POST …/rollingUpgrades/cancel).`,
      ),
    )
  const [group] = set.id.split('/providers/')
  const id = `${group}/providers/Microsoft.Compute/virtualMachineScaleSetRollingUpgrades/${set.name}`
  const input = { scaleSet: set.id, uniqueId: set.state.uniqueId, location: moment.location }
  const work = { kind: 'scaleSet.roll', input, host: null }
  const operation = await enqueue(moment, { id, subscriptionId: set.subscriptionId }, work)
  const state = {
    ...set.state,
    rolling: { operation: operation.id, startedAt: moment.at, batchAt: 0 },
  }
  await moment.tables.resources.update(set.id, { state: scaleSetStateJson(state) }, moment.at)
  return operation
}

export type RollingStep =
  | { readonly kind: 'over'; readonly progress: Progress }
  | { readonly kind: 'breach'; readonly message: string }
  | { readonly kind: 'waits'; readonly progress: Progress }

/** One step: the next batch, when nothing of the last one is on its way and its pause is over. Part of a transaction. */
export async function rollOn(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
): Promise<RollingStep> {
  const policy = rollingPolicyOf(set)
  const progress = progressOf(set, await instancesOf(moment.tables, set))
  const { breach } = set.state.rolling ?? {}
  if (breach !== undefined) return breached(moment, breach, progress)
  if (progress.running.length > 0) return { kind: 'waits', progress }
  const message = breachOf(policy, progress)
  if (message !== null) {
    const after = await endBatch(rules, moment, set)
    const isBack = policy.rollbackFailedInstancesOnPolicyBreach
    const parts = isBack ? await putBack(rules, moment, set, progress.failed) : []
    if (parts.length === 0) return { kind: 'breach', message }
    await keepState(moment, set, {
      ...after,
      rolling: { ...after.rolling!, breach: { message, parts } },
    })
    return { kind: 'waits', progress }
  }
  if (isReplacing(set)) {
    await endBatch(rules, moment, set)
    return { kind: 'waits', progress }
  }
  if (progress.pending.length === 0) return { kind: 'over', progress }
  const { rolling } = set.state
  if (moment.at < (rolling?.batchAt ?? 0) + policy.pauseMs && rolling?.batchAt !== 0)
    return { kind: 'waits', progress }
  const batch = nextBatch(policy, progress)
  const isKept = (each: Resource) => !policy.maxSurge || isProtectedFrom(each, 'ScaleIn')
  const stays = batch.filter(isKept)
  const isBack = policy.rollbackFailedInstancesOnPolicyBreach
  const former = isBack && { former: { ...rolling!.former, ...formersOf(stays) } }
  const began = { ...set.state, rolling: { ...rolling!, batchAt: moment.at, ...former } }
  await upgradeInstances(rules, moment, set, stays, isBack)
  const goes = batch.filter((each) => !isKept(each))
  await keepState(moment, set, await replace(rules, moment, { ...set, state: began }, goes))
  return { kind: 'waits', progress }
}

async function keepState({ tables, at }: Moment, { id }: ScaleSet, state: ScaleSetState) {
  await tables.resources.update(id, { state: scaleSetStateJson(state) }, at)
}

/** It is over once those that are put back are there, or are not. */
async function breached(
  { tables }: Moment,
  { message, parts }: NonNullable<NonNullable<ScaleSetState['rolling']>['breach']>,
  progress: Progress,
): Promise<RollingStep> {
  const all = await Promise.all(parts.map((id) => tables.operations.get(id)))
  const isOpen = (one: Operation | null) => one !== null && one.endedAt === null
  if (all.some(isOpen)) return { kind: 'waits', progress }
  const back = all.filter((one) => one?.status === 'Succeeded').length
  const told = `${back} of ${parts.length} that failed were put back to what they were before`
  return { kind: 'breach', message: `${message}; ${told}` }
}
