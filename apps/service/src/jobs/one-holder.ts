import type { Store, Tables } from '../domain/store.ts'

export interface HolderOptions {
  readonly store: Pick<Store, 'leases'>
  readonly owner: string
  readonly now: () => number
  readonly leaseMs?: number
}

const LEASE_MS = 15_000

/** A lease that is held for as long as it is asked for, by one process among all. */
export class OneHolder {
  readonly #name: string
  readonly #options: HolderOptions
  #epoch: number | null = null
  #until = 0
  #holding: Promise<boolean> | null = null

  constructor(name: string, options: HolderOptions) {
    this.#name = name
    this.#options = options
  }

  /** Whether it is ours now, for at least two thirds of the time it is held for. Who asks meanwhile gets the same answer. */
  hold(): Promise<boolean> {
    this.#holding ??= this.#hold().finally(() => {
      this.#holding = null
    })
    return this.#holding
  }

  async #hold(): Promise<boolean> {
    const { store, owner, now, leaseMs = LEASE_MS } = this.#options
    const at = now()
    const held = this.#epoch
    if (held !== null && this.#until - at > (leaseMs * 2) / 3) return true
    const isRenewed =
      held !== null && (await store.leases.renew(this.#name, owner, held, at, leaseMs))
    this.#epoch = isRenewed ? held : await store.leases.acquire(this.#name, owner, at, leaseMs)
    this.#until = at + leaseMs
    return this.#epoch !== null
  }

  /** In a transaction. @throws {StoreError} `store-cut-off`: another has it. */
  async require({ leases }: Tables): Promise<void> {
    const held = this.#epoch
    try {
      await leases.requireHeld(this.#name, this.#options.owner, held ?? -1)
    } catch (error) {
      if (this.#epoch === held) this.#epoch = null
      throw error
    }
  }

  async release(): Promise<void> {
    const { store, owner } = this.#options
    if (this.#epoch !== null) await store.leases.release(this.#name, owner, this.#epoch)
    this.#epoch = null
  }
}
