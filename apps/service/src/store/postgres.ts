import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type TransactionSettings,
} from 'kysely'
import pg from 'pg'
import { StoreError } from '../domain/store.ts'
import type { Engine, Words } from './engine.ts'
import { PreparingClient } from './postgres-client.ts'
import { told } from './postgres-errors.ts'
import { connectionOf, type PostgresOptions } from './postgres-url.ts'
import type { Database, Schema } from './schema.ts'

const CONNECTIONS_MAX = 10
/** The writer's place: a number that nothing else in this database locks. */
const WRITER = 0x746c_7772
/** Object id of `bigint`, which pg gives as text; ours are all below 2^53. */
const BIGINT = 20

const words: Words = {
  text: 'text collate "C"',
  integer: 'bigint',
  bytes: 'bytea',
  hold: 'for update',
  holdFree: 'for update skip locked',
  member: (column, name) => {
    const steps = name.split('.').map((part) => `-> '${part}'`)
    return `(${column}::json ${steps.join(' ')})::text`
  },
  elements: (column) => `json_array_elements_text(${column}::json)`,
  appendOnly: (table) => [
    `create function ${table}_is_only_added_to() returns trigger language plpgsql as
      $$ begin raise exception '${table} is only added to'; end $$`,
    `create trigger ${table}_only_added_to before update or delete or truncate on ${table}
      for each statement execute function ${table}_is_only_added_to()`,
  ],
}

/**
 * Several processes may use one database. Every commit is on the server's disk.
 * @throws {StoreError} `store-unavailable`
 */
export async function openPostgres(options: PostgresOptions): Promise<Engine> {
  const pool = new pg.Pool(settingsOf(options))
  // A connection that breaks while nobody uses it is replaced; who uses one is told.
  pool.on('error', () => {})
  const database = new Kysely<Schema>({ dialect: dialectOf(pool) })
  try {
    await requireUtf8(database)
  } catch (error) {
    await database.destroy()
    throw told(error)
  }
  return {
    name: 'PostgreSQL',
    words,
    embedded: false,
    database,
    transaction: (work) => database.transaction().execute(work),
    snapshot: (work) =>
      database
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(work),
    told,
    close: () => database.destroy(),
  }
}

function settingsOf(options: PostgresOptions): pg.PoolConfig {
  return {
    ...connectionOf(options),
    Client: PreparingClient,
    max: CONNECTIONS_MAX,
    application_name: 'trusted-launch',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    statement_timeout: 30_000,
    lock_timeout: 10_000,
    // A process that stands still in the middle of a transaction holds up the others no longer than this.
    idle_in_transaction_session_timeout: 5_000,
    options: '-c synchronous_commit=on',
    types: {
      getTypeParser: (oid: number, format?: any) =>
        oid === BIGINT ? Number : pg.types.getTypeParser(oid, format),
    },
  }
}

function dialectOf(pool: pg.Pool): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new Driver({ pool: pool as never }),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

/** A transaction that may write waits for its turn among all processes. */
class Driver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    if (settings.accessMode === 'read only') return super.beginTransaction(connection, settings)
    const alone = `select pg_advisory_xact_lock(${WRITER})`
    // What follows sees all that was committed before the turn came: each statement looks anew.
    await connection.executeQuery(
      CompiledQuery.raw(`begin isolation level read committed; ${alone}`),
    )
  }
}

async function requireUtf8(database: Database): Promise<void> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(database)
  if (rows[0]?.server_encoding !== 'UTF8')
    throw new StoreError(
      'store-unavailable',
      `the database's encoding is ${rows[0]?.server_encoding}: make one with UTF8`,
    )
}
