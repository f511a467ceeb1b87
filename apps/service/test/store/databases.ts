import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { openStore, type StoreOptions } from '../../src/store/open.ts'

/** A database that a suite is run on. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL'
  /** Where a database is that nobody has opened yet. */
  fresh(): Promise<StoreOptions>
  /** A store on a new database, closed when the suite ends. */
  store(): Promise<Store>
}

/** The same suite on each database: what holds of one holds of the other. */
export function onEach(suite: (database: TestDatabase) => void): void {
  describe('on SQLite', () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'))
    const stores: Store[] = []
    let count = 0
    const fresh = async () => ({ path: join(folder, `${++count}.db`) })
    after(async () => {
      for (const store of stores) await store.close()
      rmSync(folder, { recursive: true })
    })
    suite({
      name: 'SQLite',
      fresh,
      async store() {
        const store = await openStore(await fresh())
        stores.push(store)
        return store
      },
    })
  })
}
