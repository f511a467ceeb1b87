import { setTimeout as sleep } from 'node:timers/promises'
import { ArmError, type Fault } from '@trusted-launch/api'
import type { JsonObject as Json, Plan, PlannedResource } from '@trusted-launch/template'
import {
  type Part,
  type PartDeed,
  partId,
  partOf,
  putPart,
} from '../../domain/deployment/deployment.ts'
import type { Asked, Inside, Told } from '../../domain/deployment/inside.ts'
import { deleteOf, deletesOf, putOf } from '../../domain/deployment/preflight.ts'
import type { DeploymentRecord } from '../../domain/deployment/record.ts'
import type { JsonObject, Operation, Principal, Resource } from '../../domain/store.ts'
import { Cancelled, type Job } from '../worker.ts'
import { Places } from './places.ts'
import { withStates } from './states.ts'

/** What deployments are done with. */
export interface DeploymentGround {
  readonly now: () => number
  readonly inside: () => Inside
  readonly operationOf: (id: string) => Promise<Operation | null>
  /** What is to be done; null: it is over. */
  readonly recordOf: (run: string) => Promise<DeploymentRecord | null>
  readonly principalOf: (id: string) => Promise<Principal | null>
  readonly wake: () => void
}

/** How many parts are asked for at once; they wait without one. */
const ASKED_AT_ONCE = 16
/** From one look at an operation to the next: at first, and at most. */
const [LOOK_MS, LOOK_MS_MAX] = [50, 2_000]
/** Whether it is cancelled is asked once for all parts that look. */
const CANCEL_MS = 500
const STATE_VERSION = '2026-04-01'

/** One run of a deployment: each part once those it depends on are there, from wherever a former worker left it. */
export class DeploymentRun {
  readonly #job: Job
  readonly #ground: DeploymentGround
  readonly #row: Resource
  readonly #run: string
  readonly #record: DeploymentRecord
  readonly #plan: Plan
  readonly #places = new Places(ASKED_AT_ONCE)
  #done = 0
  #cancelled: { readonly at: number; readonly is: Promise<boolean> } | null = null

  constructor(
    job: Job,
    ground: DeploymentGround,
    row: Resource,
    record: DeploymentRecord,
    plan: Plan,
  ) {
    this.#job = job
    this.#ground = ground
    this.#row = row
    this.#run = String(row.state.run)
    this.#record = record
    this.#plan = plan
  }

  /** @returns what failed, none when all is there. @throws {Cancelled} */
  async parts(): Promise<Fault[]> {
    const { resources } = this.#plan
    const ends = new Map<string, Promise<Part | null>>()
    for (const one of resources) {
      const before = one.dependsOn.map((id) => ends.get(id)!)
      ends.set(one.id, this.#after(before, one))
    }
    return this.#faults(await allOf([...ends.values()]))
  }

  /** Deletes what is not in the template, one after those that hold it. @returns what could not be deleted. */
  async deletes(): Promise<Fault[]> {
    const { types } = this.#ground.inside()
    const ids = await this.#job.under((tables) =>
      deletesOf(tables, this.#plan, this.#record, types, true),
    )
    let left = [...ids]
    for (;;) {
      const ends = await allOf(left.map((id) => this.#delete(id)))
      const failed = ends.filter((part) => part?.state === 'Failed')
      if (failed.length === 0 || failed.length === left.length) return this.#faults(failed)
      left = failed.map((part) => part!.id)
    }
  }

  outputs(): Promise<Json> {
    return withStates(
      (id, apiVersion) => this.#state(id, apiVersion),
      (references) => this.#plan.outputs(references),
    )
  }

  #faults(parts: readonly (Part | null)[]): Fault[] {
    return parts.flatMap((part) =>
      part?.fault == null ? [] : [{ ...part.fault, target: part.id }],
    )
  }

  /** Null: something that it depends on is not there, and it was not begun. */
  async #after(
    before: readonly Promise<Part | null>[],
    one: PlannedResource,
  ): Promise<Part | null> {
    const ends = await Promise.all(before)
    if (ends.some((part) => part?.state !== 'Succeeded')) return null
    return this.#part(one.id, one.type, 'Create', async () => {
      const body = await withStates(
        (id, apiVersion) => this.#state(id, apiVersion),
        (references) => one.body(references),
      )
      return putOf(one, body as JsonObject)
    })
  }

  #delete(id: string): Promise<Part | null> {
    const type = id.split('/providers/').at(-1)!.split('/').slice(0, 2).join('/')
    return this.#part(id, type, 'Delete', async () => deleteOf(id))
  }

  async #part(
    id: string,
    type: string,
    deed: PartDeed,
    asked: () => Promise<Asked>,
  ): Promise<Part> {
    const known = await this.#known(id, deed)
    if (known?.state === 'Succeeded') return known
    const part = known ?? this.#begun(id, type, deed)
    try {
      // What is forgotten by now is asked for again: said twice it is the same.
      if ((await this.#operationOf(part)) !== null) return await this.#awaited(part)
      await this.#keep(part)
      const told = await this.#places.with(async () => this.#ask(await asked()))
      this.#ground.wake()
      const next = { ...part, status: told.status, operationId: told.operationId }
      if (told.operationId === null) return await this.#end(next, null)
      await this.#keep(next)
      return await this.#awaited(next)
    } catch (error) {
      if (!(error instanceof ArmError)) throw error
      return this.#end({ ...part, status: error.fault.status }, error.fault)
    }
  }

  #begun(id: string, type: string, deed: PartDeed): Part {
    const startedAt = this.#ground.now()
    return {
      ...{ id, type, deed, state: 'Running', operationId: null, status: null, fault: null },
      ...{ startedAt, endedAt: null },
    }
  }

  /** One that failed in this run is tried again where a deletion waits for another. */
  async #known(id: string, deed: PartDeed): Promise<Part | null> {
    const key = partId(this.#row.id, this.#run, { id, deed })
    const found = await this.#job.under(({ resources }) => resources.get(key))
    if (found === null) return null
    const part = partOf(found)
    return part.state === 'Failed' && deed === 'Delete' ? null : part
  }

  async #awaited(part: Part): Promise<Part> {
    for (let wait = LOOK_MS; ; wait = Math.min(LOOK_MS_MAX, wait * 1.5)) {
      this.#requireOurs()
      const operation = await this.#operationOf(part)
      if (operation === null) throw new Error(`operation ${part.operationId} is gone`)
      if (operation.endedAt !== null) {
        const { error } = operation
        const fault = error === null ? null : ({ status: 409, ...error } as Fault)
        return this.#end({ ...part, status: fault === null ? 200 : 409 }, fault)
      }
      await this.#requireWanted()
      await sleep(wait, undefined, { ref: false })
    }
  }

  async #operationOf({ operationId }: Part): Promise<Operation | null> {
    return operationId === null ? null : this.#ground.operationOf(operationId)
  }

  async #end(part: Part, fault: Fault | null): Promise<Part> {
    const state = fault === null ? 'Succeeded' : 'Failed'
    const end: Part = { ...part, state, fault, endedAt: this.#ground.now() }
    await this.#keep(end)
    this.#done++
    const all = Math.max(1, this.#plan.resources.length)
    const percent = Math.min(99, Math.round((99 * this.#done) / all))
    await this.#job.tell(percent, `${this.#done} of ${all} resources`)
    return end
  }

  #keep(part: Part): Promise<void> {
    return this.#job.under((tables) =>
      putPart(tables, this.#row, this.#run, part, this.#ground.now()),
    )
  }

  async #ask(asked: Asked): Promise<Told> {
    this.#requireOurs()
    await this.#requireWanted()
    await this.#requirePrincipal()
    return this.#ground.inside().ask(asked, this.#record)
  }

  async #state(path: string, apiVersion: string | null): Promise<Json> {
    const known = this.#plan.resources.find(({ id }) => id.toLowerCase() === path.toLowerCase())
    const version = apiVersion ?? known?.apiVersion ?? STATE_VERSION
    const asked = { method: 'GET', path, apiVersion: version, body: null } as const
    return ((await this.#ask(asked)).body ?? {}) as Json
  }

  /** Who was let in once is asked again: somebody may have taken it back meanwhile. @throws {ArmError} */
  async #requirePrincipal(): Promise<void> {
    const { caller, isOwnPrincipal } = this.#record
    if (!isOwnPrincipal) return
    const found = await this.#ground.principalOf(caller.objectId)
    if (found !== null && !found.disabled) return
    throw new ArmError({
      status: 403,
      code: 'AuthorizationFailed',
      message: `The client '${caller.name}' with object id '${caller.objectId}' is gone or disabled.`,
    })
  }

  /** @throws {Cancelled} */
  async #requireWanted(): Promise<void> {
    const at = performance.now()
    if (this.#cancelled === null || at - this.#cancelled.at > CANCEL_MS)
      this.#cancelled = { at, is: this.#job.isCancelled() }
    if (await this.#cancelled.is) throw new Cancelled()
  }

  #requireOurs(): void {
    this.#job.signal.throwIfAborted()
  }
}

/** All of them, and only then the first that was thrown: none goes on behind our back. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(work)
  const lost = ends.find((end) => end.status === 'rejected')
  if (lost !== undefined) throw lost.reason
  return ends.map((end) => (end as PromiseFulfilledResult<T>).value)
}
