import { randomUUID } from 'node:crypto'
import type { Finding } from '@trusted-launch/attestation'
import { fromUtf8 } from '@trusted-launch/codec'
import type { Verdict } from '@trusted-launch/posture'
import { clearUndone } from '../domain/alerts.ts'
import { everyOf } from '../domain/every-of.ts'
import { setIdOf } from '../domain/plans.ts'
import { clearStanding } from '../domain/references/clear-standing.ts'
import { DRIFT, type Drift, driftIn, writeDrift } from '../domain/references/drift.ts'
import {
  imageOf,
  type KeptReference,
  referenceIn,
  valueOfReference,
} from '../domain/references/kept.ts'
import type { Attestation, JsonObject, Resource, Tables } from '../domain/store.ts'
import { setupOf } from '../domain/vm/setup.ts'
import { inputFor, stateOf } from '../domain/vm/vm.ts'
import { type AgainTask, besideOf } from '../workers/again.ts'
import type { Handler, Job } from './worker.ts'

export interface DriftGround {
  readonly now: () => number
  /** The lease whose holder attests. */
  readonly host: string
  readonly judgeAgain: (task: AgainTask) => Promise<Verdict>
}

/**
 * What follows an approval: of each VM that it is for and that measured the same, the drift is approved, the alerts
 * that only told of it are resolved by who approved it, and the VM is asked anew. Done again, it finds what is done.
 */
export function driftHandlers(ground: DriftGround): Record<string, Handler> {
  return {
    'drift.approved': async (job) => {
      const made = await job.under((tables) => approvalOf(tables, job.operation.resourceId))
      if (made === null) return undefined
      let resolved = 0
      const meant = await job.under((tables) => sameDrifts(tables, made))
      for (const row of meant) resolved += await settle(job, ground, made, row)
      return { vms: meant.length, alertsResolved: resolved }
    },
  }
}

interface Approval {
  readonly row: Resource
  readonly drift: Drift
  readonly reference: KeptReference
  readonly file: Uint8Array
  readonly id: string
  readonly scope: string
}

/** Null: it was taken back meanwhile. */
async function approvalOf(tables: Tables, driftId: string): Promise<Approval | null> {
  const row = await tables.resources.get(driftId)
  const drift = row === null ? null : driftIn(row)
  const id = drift?.decision?.references ?? null
  const kept = id === null ? null : await tables.resources.get(id)
  const file = kept === null ? null : await tables.values.get(valueOfReference(kept.name))
  if (row === null || drift === null || kept === null || file === null) return null
  const reference = referenceIn(kept)
  return { row, drift, reference, file, id: kept.id, scope: kept.parentId! }
}

/** The drift itself, and those of other VMs at the scope that measured the same and that nobody rejected. */
async function sameDrifts(tables: Tables, { row, drift, reference, scope }: Approval) {
  if (reference.vmId !== null) return [row]
  const found: Resource[] = []
  const { subscriptionId } = row
  for await (const one of everyOf(tables, { type: DRIFT, subscriptionId })) {
    const { sha256, status } = driftIn(one)
    if (sha256 !== drift.sha256 || status === 'rejected') continue
    const vm = await tables.resources.get(one.parentId!)
    if (vm !== null && isFor(vm, reference, scope)) found.push(one)
  }
  return found
}

function isFor(vm: Resource, { image }: KeptReference, scope: string): boolean {
  const isThere =
    scope.toLowerCase() === `/subscriptions/${vm.subscriptionId}`.toLowerCase() ||
    setIdOf(vm)?.toLowerCase() === scope.toLowerCase()
  return isThere && (image === null || image === imageOf(vm))
}

/** @returns how many alerts were resolved. */
async function settle(
  job: Job,
  ground: DriftGround,
  made: Approval,
  row: Resource,
): Promise<number> {
  const kept = await job.under(({ attestations }) => attestations.get(driftIn(row).attestation))
  const result = kept === null ? null : await judged(ground, kept, made)
  return job.under(async (tables) => {
    const vm = await tables.resources.get(row.parentId!)
    const now = await tables.resources.get(row.id)
    if (vm === null || now === null || driftIn(now).vmId !== stateOf(vm).vmId) return 0
    // Taken back, or rejected, while the verdict was made again.
    const isThere = (await tables.resources.get(made.id)) !== null
    if (!isThere || driftIn(now).status === 'rejected') return 0
    const { reference, id: references } = made
    const { by, at, why: reason, request } = reference
    const decision = { by, at, reason, request, references }
    const drift = { ...driftIn(now), status: 'approved', decision } as const
    await writeDrift(tables, now, drift, ground.now())
    await askAnew(tables, vm, job, ground)
    if (result === null) return 0
    const undone = { kind: 'drift-approved', result, setup: await setupOf(tables, vm) } as const
    const who = { by, request, time: ground.now() }
    const resolved = await clearUndone(tables, vm, undone, who)
    await clearStanding(tables, vm, now, result, who)
    return resolved
  })
}

/** The verdict on the same evidence, with what was approved. */
function judged({ judgeAgain }: DriftGround, kept: Attestation, { file }: Approval) {
  const { result } = JSON.parse(fromUtf8(kept.record)).record
  const told = kept.findings as unknown as Finding[]
  const beside = besideOf(told, result.findings)
  return judgeAgain({ record: kept.record, beside, more: [file] })
}

/** A VM that runs proves itself by what was approved, now. One that is being asked is not asked twice. */
async function askAnew(
  { operations }: Tables,
  vm: Resource,
  { operation }: Job,
  { host, now }: DriftGround,
): Promise<void> {
  if (stateOf(vm).power !== 'running') return
  const asked = { resourceId: vm.id, unfinished: true, kind: 'vm.attest', limit: 1 }
  if ((await operations.list(asked)).length > 0) return
  const { subscriptionId, location, principal, correlationId } = operation
  const input: JsonObject = inputFor(vm)
  await operations.enqueue(
    {
      ...{ id: randomUUID(), kind: 'vm.attest', resourceId: vm.id, host, input },
      ...{ subscriptionId, location, principal, correlationId },
    },
    now(),
  )
}
