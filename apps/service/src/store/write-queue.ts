import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import type { Engine } from './engine.ts'
import { knownOf } from './known-rows.ts'
import type { Database } from './schema.ts'

/** So many works share a commit at most. */
const BATCH_MAX = 32

type Work = (database: Database) => Promise<unknown>

interface Waiting {
  readonly work: Work
  readonly resolve: (value: any) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Works in the order they come, one at a time. Those that waited while another committed share the next
 * commit, each behind a savepoint: one that fails takes nothing of the others with it, and none is
 * acknowledged before it is durable.
 */
export class WriteQueue {
  readonly #engine: Engine
  readonly #waiting: Waiting[] = []
  readonly #inside = new AsyncLocalStorage<{ open: boolean }>()
  #draining = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  run<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#inside.getStore()?.open)
      throw new Error('a write inside of a transaction goes by the tables that it is given')
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject })
      if (!this.#draining) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#draining = true
    // Who writes in the same turn shares the first commit, too.
    await null
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0, BATCH_MAX))
      // SQLite answers at once: without this nothing else of the process has a turn while somebody writes.
      await turn()
    }
    this.#draining = false
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const settle: (() => void)[] = []
    try {
      await this.#engine.transaction(async (database) => {
        for (const waiting of batch)
          settle.push(
            batch.length === 1
              ? await this.#alone(database, waiting)
              : await this.#behindSavepoint(database, waiting),
          )
      })
      for (const each of settle) each()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  async #alone(database: Database, { work, resolve }: Waiting): Promise<() => void> {
    const value = await this.#do(database, work)
    return () => resolve(value)
  }

  /** The commit ends all savepoints; until then the newest of the name is meant. */
  async #behindSavepoint(database: Database, waiting: Waiting): Promise<() => void> {
    await say(database, 'savepoint work')
    try {
      const value = await this.#do(database, waiting.work)
      return () => waiting.resolve(value)
    } catch (error) {
      await say(database, 'rollback to savepoint work')
      knownOf(database).forget()
      return () => waiting.reject(error)
    }
  }

  async #do(database: Database, work: Work): Promise<unknown> {
    const inside = { open: true }
    try {
      return await this.#inside.run(inside, () => work(database))
    } finally {
      inside.open = false
    }
  }
}

async function say(database: Database, sql: string): Promise<void> {
  await database.executeQuery(CompiledQuery.raw(sql))
}
