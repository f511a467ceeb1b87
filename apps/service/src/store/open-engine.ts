import type { Engine } from './engine.ts'
import { migrate, requireCurrent } from './migrate.ts'
import { openPostgres } from './postgres.ts'
import type { PostgresOptions } from './postgres-url.ts'
import { openSqlite } from './sqlite.ts'

/** SQLite in a file, which its owner alone can read; or PostgreSQL. */
export type StoreOptions = { readonly path: string } | PostgresOptions

/** A database with this program's tables. @throws {StoreError} `store-newer`, `store-unavailable`, `store-busy` */
export async function openEngine(options: StoreOptions): Promise<Engine> {
  return open(options, (engine) => migrate(engine, Date.now()))
}

/** A database as it is, which is not changed. @throws {StoreError} `store-older` and as `openEngine`. */
export function openUnchanged(options: StoreOptions): Promise<Engine> {
  return open(options, requireCurrent)
}

async function open(
  options: StoreOptions,
  ready: (engine: Engine) => Promise<void>,
): Promise<Engine> {
  const engine = await ('path' in options ? openSqlite(options.path) : openPostgres(options))
  try {
    await ready(engine)
    return engine
  } catch (error) {
    await engine.close()
    throw engine.told(error)
  }
}
