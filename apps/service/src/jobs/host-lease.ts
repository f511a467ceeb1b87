import type { Logger } from 'pino'
import type { Store, Tables } from '../domain/store.ts'

export interface HostLeaseOptions {
  readonly store: Pick<Store, 'leases' | 'transaction'>
  readonly name: string
  /** Names this process among all. */
  readonly owner: string
  readonly now: () => number
  readonly log: Logger
  readonly leaseMs?: number
  /** It is held from now on: takes the host over. What it throws gives the lease back, and the next beat tries again. */
  readonly take: () => Promise<void>
  /** It is not held any more: returns once nothing of the host is touched here. */
  readonly leave: () => Promise<void>
}

const LEASE_MS = 9_000
/** Looks at the lease so often while it lasts. */
const BEATS = 9

/** The right to drive a host: taken when nobody has it, renewed while we live, dropped when it can't be. */
export class HostLease {
  readonly #options: HostLeaseOptions
  readonly #leaseMs: number
  #epoch: number | null = null
  /** Until when it is surely ours. */
  #until = 0
  #timer: NodeJS.Timeout | null = null
  #turn: Promise<void> = Promise.resolve()
  /** The taking over; it may take longer than the lease lasts, which is renewed meanwhile. */
  #taking: Promise<void> = Promise.resolve()
  /** Why the last taking over failed. */
  #fault: unknown = null

  constructor(options: HostLeaseOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? LEASE_MS
  }

  get isHeld(): boolean {
    return this.#epoch !== null && this.#options.now() < this.#until
  }

  /**
   * Tries once, and from then on for ever; a taking over is waited for.
   * @returns why the host could not be taken over, though the lease was free; null: it was, or another has it.
   */
  async start(): Promise<unknown> {
    await this.#beat()
    this.#timer = setInterval(() => {
      this.#turn = this.#turn.then(() => this.#beat())
    }, this.#leaseMs / BEATS)
    await this.#taking
    return this.#fault
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#turn
    await this.#taking
    await this.#options.leave()
    await this.#release()
  }

  /** As the store's `transaction`, and nothing of it happens once another drives the host. @throws {StoreError} `store-cut-off` */
  under<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const { store, name, owner } = this.#options
    return store.transaction(async (tables) => {
      await tables.leases.requireHeld(name, owner, this.#epoch ?? 0)
      return work(tables)
    })
  }

  async #beat(): Promise<void> {
    const { log, name, now } = this.#options
    const at = now()
    try {
      if (this.#epoch === null) await this.#acquire(at)
      else if (this.#until - at <= (this.#leaseMs * 2) / 3) await this.#renew(at)
    } catch (err) {
      log.error({ err, host: name }, 'the lease of the host cannot be renewed')
      if (this.#epoch !== null && at >= this.#until) await this.#lose()
    }
  }

  async #acquire(at: number): Promise<void> {
    const { store, name, owner } = this.#options
    this.#epoch = await store.leases.acquire(name, owner, at, this.#leaseMs)
    if (this.#epoch === null) return
    this.#until = at + this.#leaseMs
    this.#taking = this.#take()
  }

  async #renew(at: number): Promise<void> {
    const { store, name, owner } = this.#options
    const isOurs = await store.leases.renew(name, owner, this.#epoch!, at, this.#leaseMs)
    if (isOurs) this.#until = at + this.#leaseMs
    else await this.#lose()
  }

  async #take(): Promise<void> {
    const { log, name, take, leave } = this.#options
    try {
      this.#fault = null
      await take()
    } catch (err) {
      this.#fault = err
      log.error({ err, host: name }, 'the host cannot be taken over yet')
      await leave()
      await this.#release()
    }
  }

  async #lose(): Promise<void> {
    const { log, name, leave } = this.#options
    this.#until = 0
    log.warn({ host: name }, 'this process does not drive the host any more')
    await this.#taking
    await leave()
    this.#epoch = null
  }

  async #release(): Promise<void> {
    const { store, name, owner } = this.#options
    const epoch = this.#epoch
    this.#epoch = null
    if (epoch !== null) await store.leases.release(name, owner, epoch).catch(() => {})
  }
}
