import type { Logger } from 'pino'
import { endAccess } from '../domain/disk/end-access.ts'
import type { HostDriver } from '../domain/host-driver.ts'
import { noteProofs } from '../domain/proof-samples.ts'
import type { Store } from '../domain/store.ts'
import {
  expireAttestations,
  forgetAlerts,
  forgetEvents,
  forgetOperations,
  forgetTokens,
} from './expire.ts'

export interface HousekeepingOptions {
  readonly store: Store
  readonly log: Logger
  readonly now: () => number
  /** The one whose disks' access ends here. */
  readonly host: string
  readonly driver: Pick<HostDriver, 'forgetOldUploads'>
  /** Whether this process drives the host: of several services one is enough. */
  readonly isDriven: () => boolean
  /** Removes what lies on the host and no record names. */
  readonly tidy: () => Promise<void>
  /** There may be something to do for the worker. */
  readonly wake: () => void
}

const EXPIRE_MS = 3_600_000
const TOKENS_EXPIRE_MS = 60_000
const PROOFS_NOTED_MS = 60_000

/** What is done by the clock: what is kept for a time goes, and how VMs stand is noted. */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #timers: NodeJS.Timeout[] = []

  constructor(options: HousekeepingOptions) {
    this.#options = options
  }

  start(): void {
    this.#timers.push(setInterval(() => this.#expire(), EXPIRE_MS).unref())
    this.#timers.push(setInterval(() => this.#expireTokens(), TOKENS_EXPIRE_MS).unref())
    this.#timers.push(setInterval(() => this.#noteProofs(), PROOFS_NOTED_MS).unref())
  }

  stop(): void {
    for (const each of this.#timers) clearInterval(each)
  }

  /** Access to disks that is over ends. */
  async endAccess(): Promise<void> {
    const { store, now, log, host, wake } = this.#options
    const over = endAccess(store, host, now())
    await over.catch((err) => log.error({ err }, 'access to disks that is over stays'))
    wake()
  }

  async #expire(): Promise<void> {
    const { store, now, log, driver, isDriven, tidy } = this.#options
    if (!isDriven()) return
    const expired = expireAttestations(store, now())
    await expired.catch((err) => log.error({ err }, 'old attestations stay'))
    const ended = forgetOperations(store, now())
    await ended.catch((err) => log.error({ err }, 'old operations stay'))
    await this.endAccess()
    const forgotten = driver.forgetOldUploads()
    await forgotten.catch((err) => log.error({ err }, 'old uploads stay'))
    await tidy()
    const closed = forgetAlerts(store, now())
    await closed.catch((err) => log.error({ err }, 'old alerts stay'))
    const passed = forgetEvents(store, now())
    const lost = await passed.catch((err) => log.error({ err }, 'old events stay'))
    if (lost !== undefined && lost > 0)
      log.error({ lost }, 'alerts were not delivered before there was no more room for them')
  }

  async #expireTokens(): Promise<void> {
    const { store, now, log, isDriven } = this.#options
    if (!isDriven()) return
    await forgetTokens(store, now()).catch((err) => log.error({ err }, 'old tokens stay'))
  }

  async #noteProofs(): Promise<void> {
    const { store, now, log, isDriven } = this.#options
    if (!isDriven()) return
    await noteProofs(store, now()).catch((err) => log.error({ err }, 'how VMs stand is not noted'))
  }
}
