import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource, Store, Tables, Turn } from '../domain/store.ts'
import { watchedOf } from '../domain/vm/watched.ts'

/** A transaction of whoever does something: refused once another took it over. */
export type Under = <T>(work: (tables: Tables) => Promise<T>) => Promise<T>

export interface TurnHolderOptions {
  readonly store: Store
  /** Names this process among all. */
  readonly owner: string
  readonly now: () => number
  readonly leaseMs?: number
}

const LEASE_MS = 9_000
const AGAIN_MS = 50

/** Takes the turns of VMs, so that each is asked by one at a time, and holds them while it is. */
export class TurnHolder {
  readonly #options: TurnHolderOptions
  readonly #leaseMs: number

  constructor(options: TurnHolderOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? LEASE_MS
  }

  /** Those that are due: see `Turns`. */
  claim(
    of: Pick<Parameters<Store['turns']['claim']>[0], 'answering' | 'limit' | 'each' | 'held'>,
  ): Promise<readonly Turn[]> {
    const { store, owner, now } = this.#options
    return store.turns.claim({ ...of, owner, at: now(), leaseMs: this.#leaseMs })
  }

  /** Waits until it is free, and holds it. @throws what ended the waiting. */
  async take(vm: Resource, under: Under, signal: AbortSignal): Promise<Turn> {
    const { owner, now } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const turn = await under(async (tables) => {
        const watched = await watchedOf(tables, vm)
        if ((await tables.turns.get(watched.vmId)) === null) await tables.turns.put(watched)
        return tables.turns.take(watched.vmId, { owner, at: now(), leaseMs: this.#leaseMs })
      })
      if (turn !== null) return turn
      await sleep(AGAIN_MS)
    }
  }

  /** Does something for as long as the turn is held: each write under it is refused once another took it. */
  async hold<T>(turn: Turn, under: Under, work: (under: Under) => Promise<T>): Promise<T> {
    const { store, now } = this.#options
    // A beat that fails is made good by the next; who lost the turn is refused at its next write.
    const beat = () => void store.turns.renew(turn, now(), this.#leaseMs).catch(() => {})
    const timer = setInterval(beat, this.#leaseMs / 3)
    try {
      return await work((write) =>
        under(async (tables) => {
          await tables.turns.requireHeld(turn)
          return write(tables)
        }),
      )
    } finally {
      clearInterval(timer)
    }
  }
}
