import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  type Capacity,
  type HostDriver,
  HostElsewhere,
  type HostEvent,
} from '../domain/host-driver.ts'
import type { Store } from '../domain/store.ts'
import { HostLease } from './host-lease.ts'
import { LeasedHost } from './leased-host.ts'
import { removeLeftovers } from './leftovers.ts'
import { type ReconcileGround, reconcile, settleEnded } from './reconcile.ts'

/** What stays so of a host, as who drives it tells all others. */
export type HostSize = Omit<Capacity, 'freeMemoryMiB' | 'runningVcpus'>

export interface DrivenHostOptions {
  readonly store: Store
  readonly name: string
  /** Names this process among all. */
  readonly owner: string
  readonly now: () => number
  readonly log: Logger
  readonly open: () => Promise<HostDriver>
  readonly enqueueStart: ReconcileGround['enqueueStart']
  /** What else the host saw of a machine. */
  readonly saw: (machine: string, what: Exclude<HostEvent, 'ended'>) => void
  /** It is driven here from now on. */
  readonly taken: () => Promise<void>
  /** Ends all that is done on the host here. */
  readonly letGo: () => Promise<void>
}

const MEASURE_MS = 10_000
const AGAIN_MS = 1_000

/** The host, driven by this process while it holds its lease; of it the others know its size. */
export class DrivenHost {
  /** Its deeds fail with {@link HostElsewhere} while another process drives it. */
  readonly driver: HostDriver
  readonly #options: DrivenHostOptions
  readonly #lease: HostLease
  readonly #host: LeasedHost
  #size: HostSize | null = null
  #timer: NodeJS.Timeout | null = null
  /** VMs that ended by themselves, to be looked at. */
  readonly #ended = new Set<string>()
  #settling: Promise<void> | null = null
  #tidying: Promise<void> = Promise.resolve()
  /** Aborted when the host is let go. */
  #letGo = new AbortController()

  constructor(options: DrivenHostOptions) {
    this.#options = options
    const { store, name, owner, now, log, open } = options
    this.#host = new LeasedHost(name, () => this.#lease.isHeld, open)
    this.driver = this.#host.driver
    this.#lease = new HostLease({
      ...{ store, name: `host/${name}`, owner, now, log },
      take: () => this.#take(),
      leave: () => this.#leave(),
    })
  }

  get isDriven(): boolean {
    return this.#lease.isHeld && this.#host.isOpen
  }

  /** @throws {HostElsewhere} nobody who drives it has told yet. */
  get size(): HostSize {
    if (this.#size === null) throw new HostElsewhere()
    return this.#size
  }

  /** The authorities of its vTPMs' keys, in DER, as whoever drove it last told. */
  async anchors(): Promise<readonly Uint8Array[]> {
    const { store, name } = this.#options
    const told = await store.values.get(`host/${name}/anchors`)
    const anchors: string[] = told === null ? [] : JSON.parse(new TextDecoder().decode(told))
    return anchors.map((der) => Buffer.from(der, 'base64'))
  }

  /** @returns why it cannot be driven, though nobody else does; null: it is, or somebody does. */
  async start(): Promise<unknown> {
    const fault = await this.#lease.start()
    await this.#measure()
    const again = () => void this.#measure().catch(() => {})
    this.#timer = setInterval(again, MEASURE_MS)
    return fault
  }

  /** VMs run on. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#lease.stop()
  }

  /** Looks for files that no record names, where it is driven here; old ones go. */
  tidy(): Promise<void> {
    const { log } = this.#options
    this.#tidying = this.#tidying.then(async () => {
      const { signal } = this.#letGo
      if (!this.isDriven) return
      await removeLeftovers(this.#ground(), signal).catch((err) => {
        if (!signal.aborted) log.error({ err }, 'files that no record names stay')
      })
    })
    return this.#tidying
  }

  /** Whether anybody drives it: then what is asked for is done. */
  async isServed(): Promise<boolean> {
    const { store, name, now } = this.#options
    if (this.isDriven) return true
    const leases = await store.leases.list()
    return leases.some((lease) => lease.name === `host/${name}` && lease.until > now())
  }

  async #take(): Promise<void> {
    await this.#host.open()
    const { saw, taken } = this.#options
    await this.driver.watch((id, what) => (what === 'ended' ? this.#look([id]) : saw(id, what)))
    await this.#measure()
    await this.#tellAnchors()
    await reconcile(this.#ground())
    await taken()
    this.#letGo = new AbortController()
    void this.tidy()
  }

  async #tellAnchors(): Promise<void> {
    const { store, name } = this.#options
    const anchors = (await this.driver.anchors()).map((der) => Buffer.from(der).toString('base64'))
    const told = new TextEncoder().encode(JSON.stringify(anchors))
    await store.values.put(`host/${name}/anchors`, told)
  }

  async #leave(): Promise<void> {
    this.#letGo.abort()
    await this.#options.letGo()
    this.#ended.clear()
    await this.#settling
    await this.#tidying
    await this.#host.close()
  }

  #ground(): ReconcileGround {
    const { store, now, log, enqueueStart } = this.#options
    const under: Store['transaction'] = (work) => this.#lease.under(work)
    return { ...{ store, now, log, enqueueStart, under }, driver: this.driver }
  }

  /** All that end meanwhile are looked at together, next. */
  #look(machines: readonly string[]): void {
    for (const machine of machines) this.#ended.add(machine)
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = null
    })
  }

  async #settleAll(): Promise<void> {
    while (this.#ended.size > 0) {
      const machines = new Set(this.#ended)
      this.#ended.clear()
      const waiting = await settleEnded(this.#ground(), machines)
      for (const machine of waiting) this.#ended.add(machine)
      if (waiting.length > 0) await sleep(AGAIN_MS, undefined, { ref: false })
    }
  }

  /** Who drives it tells its size, where it is another than before; the others read it. */
  async #measure(): Promise<void> {
    const { store, name } = this.#options
    const key = `host/${name}/size`
    if (!this.isDriven) {
      const told = await store.values.get(key)
      if (told !== null) this.#size = JSON.parse(new TextDecoder().decode(told))
      return
    }
    const { freeMemoryMiB: _, runningVcpus: __, ...size } = await this.driver.capacity()
    if (JSON.stringify(size) === JSON.stringify(this.#size)) return
    await store.values.put(key, new TextEncoder().encode(JSON.stringify(size)))
    this.#size = size
  }
}
