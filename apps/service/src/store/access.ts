import { setImmediate as turn } from 'node:timers/promises'
import type { Words } from './engine.ts'
import { type KnownRows, knownOf } from './known-rows.ts'
import type { Database } from './schema.ts'

/** How a table gets at the database: by itself, or as a part of a transaction. */
export interface Access {
  readonly words: Words
  /** Null: outside of a transaction, where somebody may change what was read. */
  readonly known: KnownRows | null
  read<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** Alone among writers: reads and writes in it see nobody else's change. */
  write<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** One statement that is right whoever else writes: it does not wait for the writer, if it can. */
  single<T>(work: (database: Database) => Promise<T>): Promise<T>
}

/** After so long the rest of the process has its turn: SQLite answers at once, and nothing else would meanwhile. */
const TURN_MS = 10

/** Access for as long as a transaction lasts: what comes later, not awaited, is refused. */
export class TransactionAccess implements Access {
  readonly words: Words
  readonly known: KnownRows
  readonly #database: Database
  #open = true
  #turnAt = performance.now() + TURN_MS

  constructor(words: Words, database: Database) {
    this.words = words
    this.known = knownOf(database)
    this.#database = database
  }

  close(): void {
    this.#open = false
  }

  read<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#run(work)
  }

  write<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#run(work)
  }

  single<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#run(work)
  }

  async #run<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#open && performance.now() > this.#turnAt) {
      await turn()
      this.#turnAt = performance.now() + TURN_MS
    }
    if (!this.#open) throw new Error('a transaction has ended: something of it was not awaited')
    return work(this.#database)
  }
}
