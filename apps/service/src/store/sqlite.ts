import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely } from 'kysely'
import { StoreError } from '../domain/store.ts'
import type { Engine, Words } from './engine.ts'
import type { Database, Schema } from './schema.ts'
import { dialectOf } from './sqlite-dialect.ts'
import { cannotBeUsed, isBusy, told } from './sqlite-errors.ts'

/** How long a write waits for one of another process. */
const BUSY_MS = 10_000
/** How long SQLite itself waits, holding up everything else in this process. */
const BLOCKING_MS = 20
const settings = [
  'journal_mode = wal',
  'synchronous = full',
  `journal_size_limit = ${64 * 2 ** 20}`,
]

const words: Words = {
  text: 'text',
  integer: 'integer',
  bytes: 'blob',
  hold: '',
  holdFree: '',
  member: (column, name) => `json_extract(${column}, '$.${name}')`,
  elements: (column) => `json_each(${column})`,
  appendOnly: (table) =>
    ['update', 'delete'].map(
      (deed) =>
        `create trigger ${table}_no_${deed} before ${deed} on ${table} begin select raise(abort, '${table} is only added to'); end`,
    ),
}

/**
 * One connection writes, another reads what is committed meanwhile. Every commit is on the disk.
 * @throws {StoreError} `store-unavailable`
 */
export async function openSqlite(path: string): Promise<Engine> {
  const [writing, reading] = await connectTwice(path)
  return {
    name: 'SQLite',
    words,
    embedded: true,
    database: reading.database,
    transaction: (work) => whenFree(() => writing.database.transaction().execute(work)),
    async snapshot(work) {
      const own = new Connection(path)
      try {
        return await own.database.transaction().setAccessMode('read only').execute(work)
      } finally {
        await own.close()
      }
    },
    told,
    async close() {
      await reading.close()
      await writing.close()
    },
  }
}

/** A new file is locked for a moment while another process makes it a database. */
async function connectTwice(path: string): Promise<[Connection, Connection]> {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw cannotBeUsed(error)
  }
  try {
    return await whenFree(async () => [new Connection(path), new Connection(path)])
  } catch (error) {
    throw told(error)
  }
}

class Connection {
  readonly database: Database
  readonly #file: DatabaseSync

  constructor(path: string) {
    this.#file = new DatabaseSync(path, { timeout: BLOCKING_MS })
    try {
      for (const setting of settings) this.#file.exec(`pragma ${setting}`)
    } catch (error) {
      this.#file.close()
      throw error
    }
    this.database = new Kysely<Schema>({ dialect: dialectOf(this.#file) })
  }

  /** Kysely closes only what it has used. The last one to close leaves everything in the one file. */
  async close(): Promise<void> {
    await this.database.destroy()
    if (this.#file.isOpen) this.#file.close()
  }
}

async function whenFree<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + BUSY_MS
  for (;;)
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() > end)
        throw new StoreError('store-busy', 'another process keeps the database', { cause: error })
      await sleep(1 + Math.random() * 10)
    }
}
