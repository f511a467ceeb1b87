import type { Store } from '../domain/store.ts'
import { migrate } from './migrate.ts'
import { storeOn } from './sql-store.ts'
import { openSqlite } from './sqlite.ts'

export type StoreOptions = { readonly path: string }

/**
 * Opens a database, and brings it to this program's tables. SQLite in a file of its owner alone.
 * @throws {StoreError} `store-newer`, `store-unavailable`, `store-busy`
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const engine = openSqlite(options.path)
  try {
    await migrate(engine, Date.now())
  } catch (error) {
    await engine.close()
    throw engine.told(error)
  }
  return storeOn(engine)
}
