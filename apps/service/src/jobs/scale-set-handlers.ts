import { ArmError } from '@trusted-launch/api'
import type { Caller } from '../domain/caller.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { Moment } from '../domain/resource-type.ts'
import { beginRolling, rollOn } from '../domain/scale-set/rolling-upgrade.ts'
import {
  instanceIdOf,
  instancesOf,
  isGoing,
  type ScaleSet,
  scaleSetOf,
} from '../domain/scale-set/scale-set.ts'
import { forgetSecrets, type ScaleSetRules } from '../domain/scale-set/scale-set-rules.ts'
import { endBatch } from '../domain/scale-set/surge.ts'
import { outdated } from '../domain/scale-set/upgrade.ts'
import type { JsonObject, Operation, Tables } from '../domain/store.ts'
import { textAt } from '../domain/vm/vm.ts'
import { Cancelled, type Handler, type Job, Later } from './worker.ts'

interface SetGround {
  readonly rules: ScaleSetRules
  readonly now: () => number
  readonly location: string
}

/** What comes after the operations of a set's instances: its own wait for them, holding nothing. */
export function scaleSetHandlers(ground: SetGround): Record<string, Handler> {
  return {
    'scaleSet.settle': (job) => settle(job, ground),
    'scaleSet.delete': remove,
    'scaleSet.roll': (job) => roll(job, ground),
  }
}

/** A change of a set is done when all of its parts are; one that failed hides none of the others. */
async function settle(job: Job, ground: SetGround): Promise<undefined> {
  const failed = await partsOver(job)
  await job.under(async (tables) => {
    const set = await ownSet(tables, job)
    if (set === null) return
    const provisioningState = failed.length === 0 ? 'Succeeded' : 'Failed'
    await tables.resources.update(set.id, { provisioningState }, ground.now())
    if (failed.length === 0) await rollIfAsked(tables, job, ground, set)
  })
  if (failed.length > 0) throw failureOf(failed, partsOf(job).length)
  return undefined
}

/** A changed model goes from batch to batch by itself where the policy says so. */
async function rollIfAsked(
  tables: Tables,
  job: Job,
  ground: SetGround,
  set: ScaleSet,
): Promise<void> {
  if (textAt(set.properties, 'upgradePolicy', 'mode') !== 'Rolling') return
  if (outdated(set, await instancesOf(tables, set)).length === 0) return
  const { rolling } = set.state
  const before = rolling === undefined ? null : await tables.operations.get(rolling.operation)
  if (before === null || before.endedAt !== null)
    await beginRolling(momentOf(tables, job, ground), set)
}

async function remove(job: Job): Promise<undefined> {
  const failed = await partsOver(job)
  if (failed.length > 0) throw failureOf(failed, partsOf(job).length)
  await job.under(async (tables) => {
    const set = await ownSet(tables, job)
    if (set === null) return
    await forgetSecrets(tables, set.state.uniqueId)
    await removeWhole(tables, set.id)
  })
  return undefined
}

/** One batch after another; what was done is read off the instances. A set that goes ends it. */
async function roll(job: Job, ground: SetGround): Promise<JsonObject | undefined> {
  const isCancelled = await job.isCancelled()
  const step = await job.under(async (tables) => {
    const set = await ownSet(tables, job, String(job.operation.input.scaleSet))
    if (set === null) return null
    const moment = momentOf(tables, job, ground)
    if (!isCancelled) return rollOn(ground.rules, moment, set)
    await endBatch(ground.rules, moment, set)
    return null
  })
  if (step === null) throw new Cancelled()
  if (step.kind === 'breach')
    throw new ArmError({
      status: 409,
      code: 'MaxUnhealthyInstancePercentExceededInRollingUpgrade',
      message: `The rolling upgrade was ended: ${step.message}.`,
    })
  const { done, failed, running, pending } = step.progress
  const all = done.length + failed.length + running.length + pending.length
  if (step.kind === 'over') return { upgraded: done.length, failed: failed.length }
  const percent = all === 0 ? 0 : Math.floor((99 * (done.length + failed.length)) / all)
  await job.tell(percent, `${done.length} of ${all} instances are as the model says`)
  throw new Later()
}

/** The set that an operation is of; null: it is gone or going, and another may have its name. */
async function ownSet(
  { resources }: Tables,
  { operation }: Job,
  id = operation.resourceId,
): Promise<ScaleSet | null> {
  const row = await resources.get(id)
  const set = row === null ? null : scaleSetOf(row)
  if (row === null || set === null || set.state.uniqueId !== operation.input.uniqueId) return null
  return operation.kind === 'scaleSet.delete' || !isGoing(row) ? set : null
}

function partsOf({ operation }: Job): readonly string[] {
  return operation.input.parts as readonly string[]
}

/** @returns the parts that failed, once none is on its way. @throws {Later} */
async function partsOver(job: Job): Promise<Operation[]> {
  const ids = partsOf(job)
  const parts = await job.under(({ operations }) =>
    Promise.all(ids.map((id) => operations.get(id))),
  )
  const open = parts.filter((part) => part !== null && part.endedAt === null).length
  if (open > 0) {
    const done = ids.length - open
    await job.tell(Math.floor((99 * done) / ids.length), `${done} of ${ids.length} parts are done`)
    throw new Later()
  }
  return parts.filter((part) => part !== null && part.status !== 'Succeeded') as Operation[]
}

const SHOWN = 5

/** Azure's clients match on the code: it is the parts' where they have one in common. */
function failureOf(failed: readonly Operation[], all: number): ArmError {
  const codes = new Set(failed.map(({ error }) => error?.code ?? 'Canceled'))
  const told = failed
    .slice(0, SHOWN)
    .map(
      ({ resourceId, error }) =>
        `${instanceIdOf({ id: resourceId })}: ${error?.message ?? 'cancelled'}`,
    )
  const more = failed.length > SHOWN ? ` And ${failed.length - SHOWN} more.` : ''
  return new ArmError({
    status: 409,
    code: codes.size === 1 ? [...codes][0]! : 'VMScaleSetInstancesFailed',
    message: `${failed.length} of ${all} parts failed. ${told.join(' ')}${more}`,
  })
}

/** What an operation goes on to ask for is asked for by who asked for it. */
function momentOf(tables: Tables, { operation }: Job, { now, location }: SetGround): Moment {
  const { principal, correlationId } = operation
  const caller: Caller = { objectId: principal, name: principal, kind: 'service', tenantId: '' }
  return { tables, caller, correlationId, location, at: now(), apiVersion: '' }
}
