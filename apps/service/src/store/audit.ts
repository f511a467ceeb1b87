import { createHash } from 'node:crypto'
import { keyOf } from '@trusted-launch/api'
import { formatCanonical } from '@trusted-launch/attestation'
import type { Audit, AuditEntry, AuditEvent } from '../domain/store.ts'
import type { Access } from './access.ts'
import { fromJson } from './json.ts'
import { limitOf } from './limit.ts'
import type { AuditRow, Database } from './schema.ts'

/** What the first entry follows. */
const BEGINNING = '0'.repeat(64)
const VERIFY_PAGE = 500

interface Chained extends AuditEvent {
  readonly sequence: number
  /** The hash of the entry before. */
  readonly previous: string
}

/** Each entry's text has the hash of the one before it in it. */
export class AuditTable implements Audit {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async append(event: AuditEvent): Promise<AuditEntry> {
    return this.#access.write(async (database) => {
      const last = await database
        .selectFrom('audit')
        .select(['sequence', 'hash'])
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      const sequence = (last?.sequence ?? 0) + 1
      const row = rowOf({ ...wellFormed(event), sequence, previous: last?.hash ?? BEGINNING })
      await database.insertInto('audit').values(row).execute()
      return entryOf(row)
    })
  }

  async list(query: Parameters<Audit['list']>[0]): Promise<readonly AuditEntry[]> {
    const { subscriptionId, resourceId, from, to, after, newestFirst = false } = query
    const rows = await this.#access.read(async (database) => {
      let found = database.selectFrom('audit').selectAll()
      if (subscriptionId === null) found = found.where('subscription_key', 'is', null)
      else if (subscriptionId !== undefined)
        found = found.where('subscription_key', '=', keyOf(subscriptionId))
      if (resourceId !== undefined) found = found.where('resource_key', '=', keyOf(resourceId))
      const last = after === undefined ? undefined : await timeOf(database, after)
      if (last === null) return []
      // Of two limits on one side SQLite uses the first alone: so there is one.
      const first = newestFirst ? (from ?? 0) : Math.max(from ?? 0, last ?? 0)
      const until = newestFirst ? Math.min(to ?? Infinity, last ?? Infinity) : (to ?? Infinity)
      found = found.where('at', '>=', first)
      if (until !== Infinity) found = found.where('at', '<=', until)
      if (after !== undefined && last !== undefined)
        found = found.where((eb) =>
          eb(eb.refTuple('at', 'sequence'), newestFirst ? '<' : '>', eb.tuple(last, after)),
        )
      const order = newestFirst ? 'desc' : 'asc'
      return found.orderBy('at', order).orderBy('sequence', order).limit(limitOf(query)).execute()
    })
    return rows.map(entryOf)
  }

  async verify(): Promise<{ entries: number; brokenAt: number | null; head: string }> {
    let [entries, head] = [0, BEGINNING]
    for (;;) {
      const rows = await this.#access.read((database) =>
        database
          .selectFrom('audit')
          .selectAll()
          .where('sequence', '>', entries)
          .orderBy('sequence')
          .limit(VERIFY_PAGE)
          .execute(),
      )
      for (const row of rows) {
        if (!follows(row, entries + 1, head)) return { entries, brokenAt: row.sequence, head }
        ;[entries, head] = [row.sequence, row.hash]
      }
      if (rows.length < VERIFY_PAGE) return { entries, brokenAt: null, head }
    }
  }
}

function rowOf(chained: Chained): AuditRow {
  const entry = formatCanonical({ ...chained })
  return {
    sequence: chained.sequence,
    at: chained.at,
    subscription_key: chained.subscriptionId === null ? null : keyOf(chained.subscriptionId),
    resource_key: keyOf(chained.resourceId),
    entry,
    hash: createHash('sha256').update(entry).digest('hex'),
  }
}

function entryOf({ entry, hash }: AuditRow): AuditEntry {
  const { previous: _, ...event } = fromJson<Chained>(entry)
  return { ...event, hash }
}

/** Its columns say what its text says, its text what was hashed, and it names the one before. */
function follows(row: AuditRow, sequence: number, previous: string): boolean {
  try {
    const made = rowOf({ ...fromJson<Chained>(row.entry), sequence, previous })
    return (Object.keys(made) as (keyof AuditRow)[]).every((name) => made[name] === row[name])
  } catch {
    return false
  }
}

/** When the entry was written; of none: the end of time. */
async function timeOf(database: Database, sequence: number): Promise<number | null> {
  const found = database.selectFrom('audit').select('at').where('sequence', '=', sequence)
  return (await found.executeTakeFirst())?.at ?? null
}

/** A lone surrogate has no UTF-8, and so no hash. */
function wellFormed(event: AuditEvent): AuditEvent {
  const members = Object.entries(event).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.toWellFormed() : value,
  ])
  return Object.fromEntries(members)
}
