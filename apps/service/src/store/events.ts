import { randomUUID } from 'node:crypto'
import { keyOf } from '@trusted-launch/api'
import { sql } from 'kysely'
import type { Event, EventQuery, Events, Forgettable, Operation } from '../domain/store.ts'
import type { Access } from './access.ts'
import { fromJson, toJson } from './json.ts'
import { limitOf } from './limit.ts'
import type { Database, EventRow } from './schema.ts'

/** Numbered as they are committed, since there is one writer; the newest never goes, so no number comes twice. */
export class EventTable implements Events {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  append(event: Omit<Event, 'sequence'>): Promise<number> {
    return this.#access.write((database) => appendEvent(database, event))
  }

  async list(query: EventQuery & { readonly limit: number }): Promise<readonly Event[]> {
    const rows = await this.#access.read((database) =>
      found(database, query).selectAll().orderBy('sequence').limit(limitOf(query)).execute(),
    )
    return rows.map(eventOf)
  }

  async count(query: EventQuery): Promise<number> {
    const { count } = await this.#access.read((database) =>
      found(database, query)
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow(),
    )
    return Number(count)
  }

  ends(): Promise<{ readonly first: number; readonly last: number }> {
    return this.#access.read(endsOf)
  }

  async toForget(kind: Event['kind'], keep: number, before: number): Promise<Forgettable[]> {
    return this.#access.read(async (database) => {
      const found: Forgettable[] = []
      for (const subscriptionId of await subscriptionsIn(database)) {
        const of = database
          .selectFrom('events')
          .select('sequence')
          .where('subscription_key', '=', subscriptionId)
          .where('kind', '=', kind)
          .orderBy('sequence', 'desc')
        const tooMany = await of.offset(keep).limit(1).executeTakeFirst()
        const tooOld = await of.where('at', '<', before).limit(1).executeTakeFirst()
        const until = Math.max(tooMany?.sequence ?? 0, tooOld?.sequence ?? 0)
        if (until > 0) found.push({ subscriptionId, until })
      }
      return found
    })
  }

  async forget(kind: Event['kind'], { subscriptionId, until }: Forgettable): Promise<number> {
    const { numDeletedRows } = await this.#access.write((database) =>
      database
        .deleteFrom('events')
        .where('subscription_key', '=', keyOf(subscriptionId))
        .where('kind', '=', kind)
        .where('sequence', '<=', until)
        .where(({ eb, selectFrom }) =>
          eb('sequence', '<', selectFrom('events').select(sql<number>`max(sequence)`.as('last'))),
        )
        .executeTakeFirstOrThrow(),
    )
    return Number(numDeletedRows)
  }
}

/** Part of a write. @returns its number. */
export async function appendEvent(
  database: Database,
  { subscriptionId, data, resourceId, ...event }: Omit<Event, 'sequence'>,
): Promise<number> {
  const sequence = (await endsOf(database)).last + 1
  const row = {
    ...{ ...event, sequence, resource_id: resourceId, data: toJson(data) },
    subscription_key: keyOf(subscriptionId),
  }
  await database.insertInto('events').values(row).execute()
  return sequence
}

/** Enters that an operation began or ended. Part of the write that has it so. */
export async function tellOperation(
  database: Database,
  {
    id: operation,
    kind,
    resourceId,
    subscriptionId,
  }: Pick<Operation, 'id' | 'kind' | 'resourceId' | 'subscriptionId'>,
  status: Operation['status'],
  at: number,
): Promise<void> {
  const data = { operation, kind, status }
  const event = { id: randomUUID(), at, kind: 'operation', subscriptionId, resourceId } as const
  await appendEvent(database, { ...event, data })
}

function found(database: Database, { after, until, subscriptionId, kind }: EventQuery) {
  let rows = database.selectFrom('events').where('sequence', '>', after)
  if (until !== undefined) rows = rows.where('sequence', '<=', until)
  if (subscriptionId !== undefined)
    rows = rows.where('subscription_key', '=', keyOf(subscriptionId))
  return kind === undefined ? rows : rows.where('kind', '=', kind)
}

/** Those that have any, by their keys: each is one look into the index. */
async function subscriptionsIn(database: Database): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    with recursive subscriptions(key) as (
      select min(subscription_key) from events
      union all
      select (select min(subscription_key) from events where subscription_key > subscriptions.key)
      from subscriptions where subscriptions.key is not null)
    select key from subscriptions where key is not null`.execute(database)
  return rows.map(({ key }) => key)
}

async function endsOf(database: Database): Promise<{ first: number; last: number }> {
  const one = database.selectFrom('events').select('sequence').limit(1)
  const first = await one.orderBy('sequence').executeTakeFirst()
  const last = await one.orderBy('sequence', 'desc').executeTakeFirst()
  return { first: first?.sequence ?? 0, last: last?.sequence ?? 0 }
}

function eventOf({ sequence, id, at, kind, subscription_key, resource_id, data }: EventRow): Event {
  return {
    ...{ sequence, id, at, kind: kind as Event['kind'], subscriptionId: subscription_key },
    ...{ resourceId: resource_id, data: fromJson(data) },
  }
}
