import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { StoreError } from '../domain/store.ts'
import type { Engine, Words } from './engine.ts'
import type { Database, Schema } from './schema.ts'
import { storable } from './storable.ts'

/** How long a write waits for one of another process. */
const BUSY_MS = 10_000
/** How long SQLite itself waits, holding up everything else in this process. */
const BLOCKING_MS = 20
const STATEMENTS_MAX = 500
const settings = [
  'journal_mode = wal',
  'synchronous = full',
  `journal_size_limit = ${64 * 2 ** 20}`,
]
/** SQLITE_PERM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB: a matter of the disk or the file. */
const unavailable = [3, 8, 10, 11, 13, 14, 26]

const words: Words = {
  text: 'text',
  integer: 'integer',
  bytes: 'blob',
  hold: '',
  holdFree: '',
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

function dialectOf(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new Driver({ database: new Statements(database) }),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** A transaction that may write says so at once: one that reads first could not go on to write. */
class Driver extends SqliteDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: { accessMode?: string },
  ): Promise<void> {
    const how = settings?.accessMode === 'read only' ? 'deferred' : 'immediate'
    await connection.executeQuery(CompiledQuery.raw(`begin ${how}`))
  }
}

/** `node:sqlite` as Kysely wants it; a statement is prepared once. */
class Statements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Statement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  prepare(sql: string): Statement {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = new Statement(this.#database.prepare(sql))
    if (this.#prepared.size >= STATEMENTS_MAX) this.#prepared.clear()
    this.#prepared.set(sql, statement)
    return statement
  }

  close(): void {
    this.#database.close()
  }
}

class Statement {
  readonly reader: boolean
  readonly #statement: StatementSync

  constructor(statement: StatementSync) {
    this.#statement = statement
    this.reader = statement.columns().length > 0
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...(storable(parameters) as never[]))
  }

  run(parameters: readonly unknown[]) {
    return this.#statement.run(...(storable(parameters) as never[]))
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...(storable(parameters) as never[]))
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

/** SQLITE_BUSY, and its extended codes. */
const isBusy = (error: unknown) => codeOf(error) === 5

/** SQLite's primary result code; null: it is no error of SQLite. */
function codeOf(error: unknown): number | null {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null
}

function told(error: unknown): unknown {
  if (isBusy(error))
    return new StoreError('store-busy', 'another process keeps the database', { cause: error })
  const code = codeOf(error)
  return code !== null && unavailable.includes(code) ? cannotBeUsed(error) : error
}

function cannotBeUsed(error: unknown): StoreError {
  return new StoreError(
    'store-unavailable',
    `the database cannot be used: ${(error as Error).message}`,
    { cause: error },
  )
}
