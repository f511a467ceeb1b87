import { setImmediate as turn } from 'node:timers/promises'
import { keepAllNames } from './names.ts'
import type { Database, Schema } from './schema.ts'

const PAGE = 50

/** All tables but the record of migrations, which each database has of its own, and names, which are made of resources; and what their rows go by. */
const tables = {
  resources: 'key',
  operations: 'sequence',
  leases: 'name',
  audit: 'sequence',
  principals: 'id',
  stored_values: 'name',
  contents: 'number',
  attestations: 'id',
  due: 'vm_key',
  events: 'sequence',
  deliveries: 'key',
  dead_letters: 'key',
} as const satisfies Record<Exclude<keyof Schema, 'migrations' | 'names'>, string>

/** Copies every row, page by page, and lets others have their turn in between. */
export async function copyRows(from: Database, to: Database): Promise<void> {
  for (const [table, key] of Object.entries(tables)) {
    let last: unknown
    do {
      const rows = await page(from, table, key, last)
      if (rows.length > 0) await (to as any).insertInto(table).values(rows).execute()
      last = rows.length < PAGE ? undefined : rows.at(-1)![key]
      await turn()
    } while (last !== undefined)
  }
  await keepAllNames(to)
}

/** Whether nothing was ever written to it. */
export async function isEmpty(database: Database): Promise<boolean> {
  for (const [table, key] of Object.entries(tables))
    if ((await page(database, table, key, undefined)).length > 0) return false
  return true
}

/** The same for every table: their rows' types do not matter here. */
async function page(
  database: Database,
  table: string,
  key: string,
  after: unknown,
): Promise<readonly Record<string, unknown>[]> {
  const found = (database as any).selectFrom(table).selectAll().orderBy(key).limit(PAGE)
  return (after === undefined ? found : found.where(key, '>', after)).execute()
}
