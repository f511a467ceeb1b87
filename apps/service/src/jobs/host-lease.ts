import type { Logger } from 'pino'
import type { Leases } from '../domain/store.ts'

export interface HostLeaseOptions {
  readonly leases: Leases
  readonly name: string
  /** Names this process among all. */
  readonly owner: string
  readonly now: () => number
  readonly log: Logger
  readonly leaseMs?: number
  /** It is held from now on, or not any more. */
  readonly onChange: (isHeld: boolean) => Promise<void>
}

const LEASE_MS = 9_000

/** The right to drive a host: taken when nobody has it, renewed while we live, dropped when it can't be. */
export class HostLease {
  readonly #options: HostLeaseOptions
  readonly #leaseMs: number
  #epoch: number | null = null
  /** Until when it is surely ours. */
  #until = 0
  #timer: NodeJS.Timeout | null = null
  #turn: Promise<void> = Promise.resolve()
  /** Whether `onChange` knows that it is held. */
  #isTold = false
  #telling: Promise<void> = Promise.resolve()

  constructor(options: HostLeaseOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? LEASE_MS
  }

  get isHeld(): boolean {
    return this.#epoch !== null && this.#options.now() < this.#until
  }

  async start(): Promise<void> {
    await this.#beat()
    this.#timer = setInterval(() => {
      this.#turn = this.#turn.then(() => this.#beat())
    }, this.#leaseMs / 3)
    await this.#telling
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#turn
    await this.#telling
    const { leases, name, owner } = this.#options
    if (this.#epoch !== null) await leases.release(name, owner, this.#epoch).catch(() => {})
    this.#epoch = null
  }

  async #beat(): Promise<void> {
    const { leases, name, owner, now, log } = this.#options
    const at = now()
    try {
      if (this.#epoch === null) {
        this.#epoch = await leases.acquire(name, owner, at, this.#leaseMs)
        if (this.#epoch === null) return
        this.#until = at + this.#leaseMs
        this.#tell()
      } else if (await leases.renew(name, owner, this.#epoch, at, this.#leaseMs)) {
        this.#until = at + this.#leaseMs
        if (!this.#isTold) this.#tell()
      } else await this.#lose()
    } catch (err) {
      log.error({ err, host: name }, 'the lease of the host cannot be renewed')
      if (this.#epoch !== null && at >= this.#until) await this.#lose()
    }
  }

  /** Takes as long as it takes, while the lease is renewed; what fails is tried again at the next beat. */
  #tell(): void {
    const { log, name, onChange } = this.#options
    this.#isTold = true
    this.#telling = this.#telling
      .then(() => onChange(true))
      .catch((err) => {
        this.#isTold = false
        log.error({ err, host: name }, 'the host cannot be taken over yet')
      })
  }

  async #lose(): Promise<void> {
    const { log, name, onChange } = this.#options
    this.#epoch = null
    this.#isTold = false
    log.warn({ host: name }, 'another process drives the host now')
    await onChange(false)
  }
}
