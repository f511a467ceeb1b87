import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { CompiledQuery } from 'kysely'
import { need } from '../../../../tools/setup.mjs'
import type { Store } from '../../src/domain/store.ts'
import { openStore } from '../../src/store/open.ts'
import { openEngine, type StoreOptions } from '../../src/store/open-engine.ts'
import { PostgresCluster, postgresPackage } from './postgres-cluster.ts'

/** A database that a suite is run on. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL'
  /** Where a database is that nobody has opened yet. */
  fresh(): Promise<StoreOptions>
  /** A store on a database, a new one by itself; closed when the suite ends. */
  store(on?: StoreOptions): Promise<Store>
  /** A file's name that nobody has used. */
  file(): string
}

const missing = (await need(postgresPackage)) ? false : 'PostgreSQL is not on this machine'

/** The same suite on each database: what holds of one holds of the other. */
export function onEach(suite: (database: TestDatabase) => void): void {
  describe('on SQLite', () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'))
    const database = new Opened('SQLite', folder, async () => ({ path: database.file() }))
    suite(database)
    after(() => database.close())
  })
  describe('on PostgreSQL', { skip: missing }, () => {
    before(() => theCluster())
    const folder = mkdtempSync(join(tmpdir(), 'store-'))
    const database = new Opened('PostgreSQL', folder, async () => ({
      url: await (await theCluster()).database(),
    }))
    suite(database)
    after(() => database.close())
  })
}

let cluster: Promise<PostgresCluster> | null = null
after(async () => (await cluster)?.stop())

/** One for all suites of this process: each database in it is new. */
function theCluster(): Promise<PostgresCluster> {
  // A client that is killed loses nothing that the server has, on the disk or not.
  cluster ??= PostgresCluster.start({ fsync: 'off' })
  return cluster
}

/** Runs a statement around the store. */
export async function run(on: StoreOptions, statement: string): Promise<void> {
  const engine = await openEngine(on)
  try {
    await engine.database.executeQuery(CompiledQuery.raw(statement))
  } finally {
    await engine.close()
  }
}

class Opened implements TestDatabase {
  readonly name: TestDatabase['name']
  readonly fresh: () => Promise<StoreOptions>
  readonly #folder: string
  readonly #stores: Store[] = []
  #files = 0

  constructor(name: TestDatabase['name'], folder: string, fresh: () => Promise<StoreOptions>) {
    this.name = name
    this.#folder = folder
    this.fresh = fresh
  }

  async store(on?: StoreOptions): Promise<Store> {
    const store = await openStore(on ?? (await this.fresh()))
    this.#stores.push(store)
    return store
  }

  file(): string {
    return join(this.#folder, `${++this.#files}.db`)
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close()
    rmSync(this.#folder, { recursive: true })
  }
}
