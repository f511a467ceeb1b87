import { keyOf } from '@trusted-launch/api'
import { inFairOrder } from '@trusted-launch/posture'
import { sql } from 'kysely'
import { StoreError, type Turn, type Turns, type Watched } from '../domain/store.ts'
import type { Access } from './access.ts'
import { builtOnce } from './built-once.ts'
import { fromJson, toJson } from './json.ts'
import { limitOf } from './limit.ts'
import type { Database, DueRow } from './schema.ts'

const watchedBy = builtOnce((database, [vm]: [string]) =>
  database.selectFrom('due').selectAll().where('vm_key', '=', vm),
)
const heldBy = (hold: string) =>
  builtOnce((database, [vm, owner, epoch]: [string, string, number]) =>
    database
      .selectFrom('due')
      .select('epoch')
      .where('vm_key', '=', vm)
      .where('owner', '=', owner)
      .where('epoch', '=', epoch)
      .where('lease_until', '>', 0)
      .modifyEnd(sql.raw(hold)),
  )
/** By how a database holds rows. */
const held = new Map<string, ReturnType<typeof heldBy>>()

type ClaimBy = Parameters<Turns['claim']>[0]

/** Whose turn it is to be asked. A turn that is held is due when its lease ends, so what is due is nobody's. */
export class TurnTable implements Turns {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async get(vmId: string): Promise<Watched | null> {
    const [row] = await this.#access.read((database) => watchedBy(database, [keyOf(vmId)]))
    return row === undefined ? null : watchedOf(row)
  }

  async put({ vmId, resourceId, subscriptionId, ...known }: Watched): Promise<void> {
    const { due, unanswered, slow = 0, watch } = known
    const row = {
      ...{ resource_id: resourceId, subscription_key: keyOf(subscriptionId) },
      ...{ due, unanswered, slow, watch: toJson(watch) },
    }
    const kept = sql<number | null>`case when due.lease_until > 0 then due.due else ${due} end`
    await this.#access.write((database) =>
      database
        .insertInto('due')
        .values({ vm_key: keyOf(vmId), ...row, owner: null, epoch: 0, lease_until: 0 })
        .onConflict((conflict) => conflict.column('vm_key').doUpdateSet({ ...row, due: kept }))
        .execute(),
    )
  }

  claim(by: ClaimBy): Promise<readonly Turn[]> {
    limitOf(by)
    return this.#access.write(async (database) => {
      const chosen = inFairOrder(await oldestDue(database, by), by.at, by.limit)
      const turns: Turn[] = []
      for (const { vm } of chosen) turns.push(await taken(database, vm, by))
      return turns
    })
  }

  take(vmId: string, by: Parameters<Turns['take']>[1]): Promise<Turn | null> {
    return this.#access.write(async (database) => {
      const free = await database
        .selectFrom('due')
        .select('vm_key')
        .where('vm_key', '=', keyOf(vmId))
        .where('lease_until', '<=', by.at)
        .executeTakeFirst()
      return free === undefined ? null : taken(database, free.vm_key, by)
    })
  }

  async renew(turn: Turn, at: number, leaseMs: number): Promise<boolean> {
    const until = at + leaseMs
    return this.#change(turn, { lease_until: until, due: dueAt(until) })
  }

  async requireHeld(turn: Turn): Promise<void> {
    const { hold } = this.#access.words
    const ask = held.get(hold) ?? heldBy(hold)
    held.set(hold, ask)
    const { watched, owner, epoch } = turn
    const rows = await this.#access.read((database) =>
      ask(database, [keyOf(watched.vmId), owner, epoch]),
    )
    if (rows.length === 0) throw cutOff(turn)
  }

  async end(turn: Turn, after: Parameters<Turns['end']>[1]): Promise<void> {
    const { due, unanswered, slow = 0, watch } = after
    const known = { due, unanswered, slow, watch: toJson(watch) }
    if (!(await this.#change(turn, { ...known, owner: null, lease_until: 0 }))) throw cutOff(turn)
  }

  async hasten(scope: string, due: number): Promise<void> {
    const key = keyOf(scope)
    const below = sql<boolean>`substr(lower(resource_id), 1, ${sql.lit(key.length + 1)}) = ${`${key}/`}`
    await this.#access.write((database) =>
      database
        .updateTable('due')
        .set({ due })
        .where('due', '>', due)
        .where('lease_until', '=', 0)
        .where((eb) => eb.or([eb(sql`lower(resource_id)`, '=', key), below]))
        .execute(),
    )
  }

  async delete(vmId: string): Promise<boolean> {
    const { numDeletedRows } = await this.#access.write((database) =>
      database.deleteFrom('due').where('vm_key', '=', keyOf(vmId)).executeTakeFirstOrThrow(),
    )
    return numDeletedRows > 0n
  }

  async #change({ watched, owner, epoch }: Turn, columns: object): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.single((database) =>
      database
        .updateTable('due')
        .set(columns)
        .where('vm_key', '=', keyOf(watched.vmId))
        .where('owner', '=', owner)
        .where('epoch', '=', epoch)
        .where('lease_until', '>', 0)
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows > 0n
  }
}

/** Whoever held a turn is gone. */
export async function freeTurns(database: Database): Promise<void> {
  await database
    .updateTable('due')
    .set({ lease_until: 0, due: dueAt(0) })
    .where('lease_until', '>', 0)
    .execute()
}

const NOBODY: ReadonlyMap<string, number> = new Map()

/** Who is asked only on demand stays so. */
function dueAt(time: number) {
  return sql<number | null>`case when due is null then null else cast(${time} as bigint) end`
}

/**
 * Those of each subscription that wait longest: as many as all together are wanted, of as many subscriptions. However
 * many wait, only these are read.
 */
async function oldestDue(
  database: Database,
  { answering, at, limit, each = limit, held = NOBODY }: ClaimBy,
) {
  const ofLane = sql.raw(answering ? 'unanswered + slow = 0' : 'unanswered + slow > 0')
  const { rows: tenants } = await sql<{ key: string; oldest: number | null }>`
    with recursive tenants(key) as (
      select min(subscription_key) from due where ${ofLane}
      union all
      select (select min(subscription_key) from due where ${ofLane} and subscription_key > tenants.key)
      from tenants where tenants.key is not null)
    select key, (select min(due) from due where ${ofLane} and subscription_key = tenants.key) as oldest
    from tenants where key is not null`.execute(database)
  const roomOf = (key: string) => Math.min(limit, each - (held.get(key) ?? 0))
  const waiting = tenants.flatMap(({ key, oldest }) =>
    oldest === null || oldest > at || roomOf(key) <= 0 ? [] : [{ key, oldest }],
  )
  waiting.sort((a, b) => a.oldest - b.oldest || (a.key < b.key ? -1 : 1))
  const found = []
  for (const { key: tenant } of waiting.slice(0, limit)) {
    const rows = await database
      .selectFrom('due')
      .select(['vm_key as vm', 'due'])
      .where(sql<boolean>`${ofLane}`)
      .where('subscription_key', '=', tenant)
      .where('due', '<=', at)
      .orderBy('due')
      .orderBy('vm_key')
      .limit(roomOf(tenant))
      .execute()
    found.push(...rows.map(({ vm, due }) => ({ vm, tenant, due: due! })))
  }
  return found
}

async function taken(
  database: Database,
  key: string,
  { owner, at, leaseMs }: { owner: string; at: number; leaseMs: number },
): Promise<Turn> {
  const until = at + leaseMs
  const row = await database
    .updateTable('due')
    .set((eb) => ({
      ...{ owner, lease_until: until, due: dueAt(until) },
      epoch: eb('epoch', '+', 1),
    }))
    .where('vm_key', '=', key)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { watched: watchedOf(row), owner, epoch: row.epoch }
}

function watchedOf(row: DueRow): Watched {
  return {
    ...{ vmId: row.vm_key, resourceId: row.resource_id, subscriptionId: row.subscription_key },
    ...{ due: row.due, unanswered: row.unanswered, watch: fromJson(row.watch) },
    ...(row.slow > 0 && { slow: row.slow }),
  }
}

function cutOff({ watched, owner, epoch }: Turn): StoreError {
  const what = `${owner} (epoch ${epoch}) does not hold the turn of ${watched.vmId} any more`
  return new StoreError('store-cut-off', what)
}
