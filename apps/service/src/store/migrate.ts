import { CompiledQuery } from 'kysely'
import { StoreError } from '../domain/store.ts'
import type { Engine, Words } from './engine.ts'
import { tables } from './migrations/0001-tables.ts'
import { contents } from './migrations/0002-contents.ts'
import { events } from './migrations/0003-events.ts'
import { due } from './migrations/0004-due.ts'
import { figures } from './migrations/0005-figures.ts'
import { slow } from './migrations/0006-slow.ts'
import { names } from './migrations/0007-names.ts'
import { above } from './migrations/0008-above.ts'
import type { Database, MigrationRow } from './schema.ts'

/** A step forward. One that was released is never changed; there is none backward. */
export interface Migration {
  readonly name: string
  readonly statements: (words: Words) => readonly string[]
  /** What no statement makes of the rows that are there. */
  readonly fill?: (database: Database) => Promise<void>
}

/** In the order of their numbers, from 1. */
export const migrations: readonly Migration[] = [
  tables,
  contents,
  events,
  due,
  figures,
  slow,
  names,
  above,
]

/**
 * Brings a database to these tables, all or nothing. Of several processes one does it, the others wait.
 * @throws {StoreError} `store-newer`: another program has been further, or elsewhere, with it.
 */
export async function migrate(
  engine: Engine,
  at: number,
  known: readonly Migration[] = migrations,
): Promise<void> {
  await engine.transaction(async (database) => {
    const { text, integer } = engine.words
    await run(
      database,
      `create table if not exists migrations (
        number ${integer} not null primary key, name ${text} not null, applied_at ${integer} not null)`,
    )
    const applied = await database.selectFrom('migrations').selectAll().orderBy('number').execute()
    requireKnown(applied, known)
    for (const [i, { name, statements, fill }] of known.entries()) {
      if (i < applied.length) continue
      for (const statement of statements(engine.words)) await run(database, statement)
      await fill?.(database)
      const row = { number: i + 1, name, applied_at: at }
      await database.insertInto('migrations').values(row).execute()
    }
  })
}

/**
 * Whether a database has these tables, without a change of it.
 * @throws {StoreError} `store-newer`; `store-older`: a program before this one was the last to use it.
 */
export async function requireCurrent(
  { database }: Engine,
  known: readonly Migration[] = migrations,
): Promise<void> {
  const applied = await database.selectFrom('migrations').selectAll().orderBy('number').execute()
  requireKnown(applied, known)
  if (applied.length < known.length)
    throw new StoreError(
      'store-older',
      'an older program was the last to use the database: start this one with it first, or take the older one',
    )
}

function requireKnown(applied: readonly MigrationRow[], known: readonly Migration[]): void {
  for (const { number, name } of applied)
    if (known[number - 1]?.name !== name)
      throw new StoreError(
        'store-newer',
        `the database has the change ${number} "${name}", which this program does not know: start the newer one`,
      )
}

async function run(database: Database, statement: string): Promise<void> {
  await database.executeQuery(CompiledQuery.raw(statement))
}
