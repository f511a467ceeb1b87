import type { Store } from '../domain/store.ts'
import { openEngine, type StoreOptions } from './open-engine.ts'
import { storeOn } from './sql-store.ts'

/**
 * Opens a database, and brings it to this program's tables.
 * @throws {StoreError} `store-newer`, `store-unavailable`, `store-busy`
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  return storeOn(await openEngine(options))
}
