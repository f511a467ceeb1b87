import { keyOf } from '@trusted-launch/api'
import { sql } from 'kysely'
import { type Claim, type Operation, type Operations, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'
import type { Words } from './engine.ts'
import { tellOperation } from './events.ts'
import { limitOf } from './limit.ts'
import { newRowOf, operationOf } from './operation-row.ts'
import type { Database } from './schema.ts'

type ClaimBy = Parameters<Operations['claim']>[0]

export class OperationTable implements Operations {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async enqueue(operation: Parameters<Operations['enqueue']>[0], at: number): Promise<Operation> {
    const row = newRowOf(operation, at)
    await this.#access.write(async (database) => {
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('operations')
        .values({ ...row, sequence: next(database) })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirstOrThrow()
      if (numInsertedOrUpdatedRows === 0n)
        throw new StoreError('store-exists', `there is an operation ${operation.id}`)
      await tellOperation(database, operation, 'Accepted', at)
    })
    return operationOf(row)
  }

  async get(id: string): Promise<Operation | null> {
    const row = await this.#access.read((database) =>
      database.selectFrom('operations').selectAll().where('id', '=', keyOf(id)).executeTakeFirst(),
    )
    return row === undefined ? null : operationOf(row)
  }

  async list(query: Parameters<Operations['list']>[0]): Promise<readonly Operation[]> {
    const { subscriptionId, resourceId, unfinished, kind, after } = query
    const rows = await this.#access.read((database) => {
      let found = database.selectFrom('operations').selectAll()
      if (subscriptionId !== undefined)
        found = found.where('subscription_key', '=', keyOf(subscriptionId))
      if (resourceId !== undefined) found = found.where('resource_key', '=', keyOf(resourceId))
      if (kind !== undefined) found = found.where('kind', '=', kind)
      if (unfinished === true) found = found.where('ended_at', 'is', null)
      if (after !== undefined) found = found.where('sequence', '>', sequenceOf(database, after))
      return found.orderBy('sequence').limit(limitOf(query)).execute()
    })
    return rows.map(operationOf)
  }

  async claim(by: ClaimBy): Promise<Claim | null> {
    const { owner, at, leaseMs } = by
    const row = await this.#access.single((database) =>
      database
        .updateTable('operations')
        .set((eb) => ({
          owner,
          epoch: eb('epoch', '+', 1),
          lease_until: at + leaseMs,
          status: 'Running',
          started_at: eb.fn.coalesce('started_at', eb.val(at)),
        }))
        .where('sequence', '=', claimable(database, by, this.#access.words))
        .returningAll()
        .executeTakeFirst(),
    )
    return row === undefined ? null : { operation: operationOf(row), owner, epoch: row.epoch }
  }

  async renew({ operation, owner, epoch }: Claim, at: number, leaseMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.single((database) =>
      database
        .updateTable('operations')
        .set({ lease_until: at + leaseMs })
        .where('id', '=', keyOf(operation.id))
        .where('owner', '=', owner)
        .where('epoch', '=', epoch)
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows > 0n
  }

  async requestCancel(id: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.single((database) =>
      database
        .updateTable('operations')
        .set({ cancel_requested: 1 })
        .where('id', '=', keyOf(id))
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows > 0n
  }

  async countUnfinished(): Promise<number> {
    const { count } = await this.#access.read((database) =>
      database
        .selectFrom('operations')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow(),
    )
    return Number(count)
  }

  async forget(endedBefore: number, kind?: string): Promise<number> {
    const { numDeletedRows } = await this.#access.write((database) => {
      const old = database.deleteFrom('operations').where('ended_at', '<', endedBefore)
      return (kind === undefined ? old : old.where('kind', '=', kind)).executeTakeFirstOrThrow()
    })
    return Number(numDeletedRows)
  }
}

/**
 * The one to take: free, of what is asked for, and the first unfinished one of its resource, of what that lies in,
 * and of what lies in it.
 */
export function claimable(database: Database, by: ClaimBy, words: Words) {
  return wanted(database, by)
    .where(isFirst('earlier.resource_key = candidate.resource_key'))
    .where(
      isFirst(
        "earlier.resource_key > candidate.resource_key || '/' and earlier.resource_key < candidate.resource_key || '0'",
      ),
    )
    .where(
      sql<boolean>`not exists (select 1 from ${sql.raw(words.elements('candidate.above'))} as above
        where not ${isFirst('earlier.resource_key = above.value')})`,
    )
    .orderBy('candidate.sequence')
    .limit(1)
    .modifyEnd(sql.raw(words.holdFree))
}

/** Free ones for one of these hosts or any, but of no kind, and for nobody, that is to wait. */
function wanted(database: Database, { hosts, at, notKinds = [], busy = [], full = [] }: ClaimBy) {
  let found = database
    .selectFrom('operations as candidate')
    .select('candidate.sequence')
    .where('candidate.ended_at', 'is', null)
    .where('candidate.lease_until', '<=', at)
    .where((eb) =>
      hosts.length === 0
        ? eb('candidate.host', 'is', null)
        : eb.or([eb('candidate.host', 'is', null), eb('candidate.host', 'in', hosts)]),
    )
  if (notKinds.length > 0) found = found.where('candidate.kind', 'not in', notKinds)
  for (const { kinds, principals } of busy)
    found = found.where(({ not, and, eb }) =>
      not(and([eb('candidate.kind', 'in', kinds), eb('candidate.principal', 'in', principals)])),
    )
  for (const { kinds, subscriptions } of full)
    found = found.where(({ not, and, eb }) =>
      not(
        and([
          eb('candidate.kind', 'in', kinds),
          eb('candidate.subscription_key', 'in', subscriptions.map(keyOf)),
        ]),
      ),
    )
  return found
}

/**
 * Of these none that is unfinished stands before the candidate. In the index's own order and one at most, or
 * PostgreSQL reads all that are unfinished for each candidate.
 */
function isFirst(which: string) {
  return sql<boolean>`((select 1 from operations as earlier where ${sql.raw(which)}
    and earlier.ended_at is null and earlier.sequence < candidate.sequence
    order by earlier.resource_key, earlier.sequence limit 1) is null)`
}

/** One more than the last: enqueued alone among writers, so that the order is the commits'. */
function next(database: Database) {
  return database
    .selectFrom('operations')
    .select(({ fn, lit }) => sql<number>`${fn.coalesce(fn.max('sequence'), lit(0))} + 1`.as('next'))
}

function sequenceOf(database: Database, id: string) {
  return database.selectFrom('operations').select('sequence').where('id', '=', keyOf(id))
}
