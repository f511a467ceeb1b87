import { setTimeout as sleep } from 'node:timers/promises'
import { ArmError, type Fault } from '@trusted-launch/api'
import type { Logger } from 'pino'
import { HostElsewhere } from '../domain/host-driver.ts'
import type {
  Claim,
  JsonObject,
  Operation,
  OperationError,
  Store,
  Tables,
} from '../domain/store.ts'
import { StoreError } from '../domain/store.ts'
import { busyIn, fullIn, waitingKinds } from './lanes.ts'

/** What a handler has to work with. Every write is refused once another worker took over. */
export interface Job {
  readonly operation: Operation
  /** Ends when the claim is lost, or the service stops: nothing may be done to a host after it. */
  readonly signal: AbortSignal
  under<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  tell(percent: number, step: string, progress?: JsonObject): Promise<void>
  /** Whether somebody asked to cancel it; a handler looks where it can still undo. */
  isCancelled(): Promise<boolean>
}

/**
 * Does an operation, from wherever a former worker left it: each may be done again from its beginning.
 * @returns what the operation tells in the end. @throws {ArmError} why it failed; @throws {Cancelled}
 */
export type Handler = (job: Job) => Promise<JsonObject | undefined>

/** The operation was undone, as somebody asked. */
export class Cancelled extends Error {}

/** It waits for others, and is let go until a second later: whoever claims it then looks again. */
export class Later extends Error {}

/** It says nothing of the operation: whoever has the database, the host and the claim goes on with it. */
export function isOurs(error: unknown): boolean {
  const codes: readonly unknown[] = ['store-cut-off', 'store-busy', 'store-unavailable']
  return (
    error instanceof HostElsewhere || (error instanceof StoreError && codes.includes(error.code))
  )
}

export interface WorkerOptions {
  readonly store: Store
  readonly log: Logger
  readonly handlers: Readonly<Record<string, Handler>>
  /** Names this process among all. */
  readonly owner: string
  /** The hosts whose lease this process holds now. */
  readonly hosts: () => readonly string[]
  readonly now: () => number
  readonly leaseMs?: number
  readonly pollMs?: number
}

const LEASE_MS = 9_000
const POLL_MS = 1_000
const LATER_MS = 1_000

interface Running {
  readonly operation: Operation
  /** Aborted: the claim is lost, or given up. */
  readonly lost: AbortController
}

/** Claims operations and does them, so many at once as their lanes take, one at a time for each resource. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #stop = new AbortController()
  readonly #running = new Map<Promise<void>, Running>()
  #wake: () => void = () => {}
  #loop: Promise<void> = Promise.resolve()

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** There is something to do. */
  wake(): void {
    this.#wake()
  }

  /** Takes no more, and lets go of what runs: another worker, or this one later, goes on. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    await Promise.all(this.#running.keys())
  }

  /** Lets go of all that is done on a host, and waits until nothing of it is any more. */
  async leave(host: string): Promise<void> {
    const there = [...this.#running].filter(([, { operation }]) => operation.host === host)
    for (const [, { lost }] of there) lost.abort()
    await Promise.all(there.map(([done]) => done))
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { pollMs = POLL_MS } = this.#options
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const claim = await this.#claim()
      if (claim !== null) this.#begin(claim)
      else
        await Promise.race([
          woken,
          ...this.#running.keys(),
          sleep(pollMs, undefined, { ref: false }),
        ])
    }
  }

  /** For somebody for whom nothing of its lane is done now, if there is one: nobody's many keep others waiting; else for any. */
  async #claim(): Promise<Claim | null> {
    const { store, owner, hosts, now, log, handlers, leaseMs = LEASE_MS } = this.#options
    const running = [...this.#running.values()].map(({ operation }) => operation)
    const kinds = Object.keys(handlers)
    const notKinds = waitingKinds(
      kinds,
      running.map(({ kind }) => kind),
    )
    if (notKinds.length === kinds.length) return null
    const full = fullIn(kinds, running)
    const by = { ...{ owner, hosts: hosts(), at: now(), leaseMs }, notKinds, full }
    try {
      const first =
        running.length > 0 &&
        (await store.operations.claim({ ...by, busy: busyIn(kinds, running) }))
      return first || (await store.operations.claim(by))
    } catch (err) {
      log.error({ err }, 'operations cannot be claimed')
      return null
    }
  }

  #begin(claim: Claim): void {
    const lost = new AbortController()
    const running = this.#do(claim, lost).finally(() => this.#running.delete(running))
    this.#running.set(running, { operation: claim.operation, lost })
  }

  async #do(claim: Claim, lost: AbortController): Promise<void> {
    const { log, now, store } = this.#options
    const claimedAt = now()
    const { id, kind, resourceId, correlationId } = claim.operation
    const named = log.child({ operation: id, kind, resourceId, correlationId })
    const signal = AbortSignal.any([this.#stop.signal, lost.signal])
    const { leaseMs = LEASE_MS } = this.#options
    let until = claimedAt + leaseMs
    const beat = setInterval(async () => {
      until = await this.#renew(claim, until, lost)
    }, leaseMs / 3)
    try {
      const end = await this.#end(claim, signal, named)
      if (end === 'later') {
        clearInterval(beat)
        await store.operations.renew(claim, now(), LATER_MS)
      } else if (end !== null && !signal.aborted)
        await store.under(claim, ({ claimed }) => claimed.finish(end, now()))
    } catch (err) {
      if (err instanceof StoreError && err.code === 'store-cut-off')
        named.warn('another worker took it over')
      else named.error({ err }, 'the end of an operation cannot be written')
    } finally {
      clearInterval(beat)
      lost.abort()
    }
  }

  /** Null: it did not come to an end here; `later`: it is to be claimed again. */
  async #end(claim: Claim, signal: AbortSignal, log: Logger) {
    const { handlers } = this.#options
    try {
      const result = await handlers[claim.operation.kind]!(this.#job(claim, signal))
      return { status: 'Succeeded' as const, ...(result !== undefined && { result }) }
    } catch (err) {
      if (signal.aborted || isOurs(err)) return null
      if (err instanceof Later) return 'later' as const
      if (err instanceof Cancelled)
        return {
          status: 'Canceled' as const,
          error: { code: 'OperationCanceled', message: 'It was cancelled.' },
        }
      if (err instanceof ArmError) {
        return { status: 'Failed' as const, error: errorOf(err.fault) }
      }
      log.error({ err }, 'an operation failed')
      const message = `Something went wrong on our side. The log tells more under the correlation id ${claim.operation.correlationId}.`
      return { status: 'Failed' as const, error: { code: 'InternalOperationError', message } }
    }
  }

  /** @returns until when the claim is surely ours. */
  async #renew(claim: Claim, until: number, lost: AbortController): Promise<number> {
    const { store, now, leaseMs = LEASE_MS } = this.#options
    const at = now()
    try {
      if (await store.operations.renew(claim, at, leaseMs)) return at + leaseMs
      lost.abort()
    } catch {
      // The next beat tries again, as long as nobody else can have taken it.
      if (now() >= until) lost.abort()
    }
    return until
  }

  #job(claim: Claim, signal: AbortSignal): Job {
    const { store } = this.#options
    const { operation } = claim
    return {
      ...{ operation, signal },
      under: (work) => store.under(claim, work),
      tell: (percent, step, progress) =>
        store.under(claim, ({ claimed }) =>
          claimed.progress({ percent, step, ...(progress !== undefined && { progress }) }),
        ),
      isCancelled: async () => (await store.operations.get(operation.id))?.cancelRequested ?? false,
    }
  }
}

function errorOf({ code, message, target, details }: Fault): OperationError {
  return {
    ...{ code, message },
    ...(target !== undefined && { target }),
    ...(details !== undefined && { details: details.map(errorOf) }),
  }
}
