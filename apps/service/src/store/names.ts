import { keyOf } from '@trusted-launch/api'
import type { ExpressionBuilder } from 'kysely'
import type { Json } from '../domain/store.ts'
import { fromJson } from './json.ts'
import type { Database, ResourceRow, Schema } from './schema.ts'

/** Ids, and the names of images' bytes. */
const NAME = /^(?:\/|sha256:)/i
/** No id is longer, and an index takes no more. */
const LENGTH_MAX = 1_000
/** A statement takes so many rows. */
const ROWS = 500
const PAGE = 500

type Naming = Pick<ResourceRow, 'key' | 'properties' | 'state'>

/** What a row says that it names, each once, in small letters; what lies in itself it does not name. */
function namesOf({ key, properties, state }: Naming): Set<string> {
  const names = new Set<string>()
  const open: Json[] = [fromJson<Json>(properties), fromJson<Json>(state)]
  for (let value = open.pop(); value !== undefined; value = open.pop())
    if (typeof value === 'string') {
      if (value.length <= LENGTH_MAX && NAME.test(value)) names.add(keyOf(value))
    } else if (typeof value === 'object' && value !== null)
      for (const one of Object.values(value)) open.push(one)
  for (const name of names) if (name === key || name.startsWith(`${key}/`)) names.delete(name)
  return names
}

/** Keeps what a new row names. */
export function keepNames(database: Database, row: Naming): Promise<void> {
  return insert(
    database,
    [...namesOf(row)].map((name) => ({ name, key: row.key })),
  )
}

/** The same of a row that was changed: what it named before goes. */
export async function changeNames(database: Database, row: Naming): Promise<void> {
  const { key } = row
  const before = await database.selectFrom('names').select('name').where('key', '=', key).execute()
  const names = namesOf(row)
  const gone = before.map(({ name }) => name).filter((name) => !names.delete(name))
  for (let i = 0; i < gone.length; i += ROWS)
    await database
      .deleteFrom('names')
      .where('key', '=', key)
      .where('name', 'in', gone.slice(i, i + ROWS))
      .execute()
  await insert(
    database,
    [...names].map((name) => ({ name, key })),
  )
}

export async function forgetNames(database: Database, key: string): Promise<void> {
  await database.deleteFrom('names').where('key', '=', key).execute()
}

/** Keeps the names of every row that is there. */
export async function keepAllNames(database: Database): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await database
      .selectFrom('resources')
      .select(['key', 'properties', 'state'])
      .where('key', '>', after)
      .orderBy('key')
      .limit(PAGE)
      .execute()
    const all = rows.flatMap((row) => [...namesOf(row)].map((name) => ({ name, key: row.key })))
    await insert(database, all)
    if (rows.length < PAGE) return
    after = rows.at(-1)!.key
  }
}

/** Whether a row names this; with a slash at its end, something that lies in it. */
export function isNaming(text: string) {
  const [first, end] = [keyOf(text), `${keyOf(text).slice(0, -1)}0`]
  return (eb: ExpressionBuilder<Schema, 'resources'>) => {
    const names = eb.selectFrom('names').select('names.key')
    const those = first.endsWith('/')
      ? names.where('names.name', '>', first).where('names.name', '<', end)
      : names.where('names.name', '=', first)
    return eb('resources.key', 'in', those)
  }
}

async function insert(
  database: Database,
  all: readonly { readonly name: string; readonly key: string }[],
): Promise<void> {
  for (let i = 0; i < all.length; i += ROWS)
    await database
      .insertInto('names')
      .values(all.slice(i, i + ROWS))
      .execute()
}
