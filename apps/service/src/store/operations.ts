import { keyOf } from '@trusted-launch/api'
import { sql } from 'kysely'
import { type Claim, type Operation, type Operations, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'
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
        .where('sequence', '=', claimable(database, by, this.#access.words.holdFree))
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
export function claimable(database: Database, by: ClaimBy, holdFree: string) {
  return wanted(database, by)
    .where(({ not, exists, selectFrom, ref }) =>
      not(
        exists(
          selectFrom('operations as earlier')
            .select('earlier.sequence')
            .where('earlier.resource_key', '=', ref('candidate.resource_key'))
            .where('earlier.ended_at', 'is', null)
            .where('earlier.sequence', '<', ref('candidate.sequence')),
        ),
      ),
    )
    .where(({ not, exists, selectFrom, or }) =>
      not(
        exists(
          selectFrom('operations as earlier')
            .select('earlier.sequence')
            .whereRef('earlier.sequence', '<', 'candidate.sequence')
            .where('earlier.ended_at', 'is', null)
            .where(or([liesIn('candidate', 'earlier'), liesIn('earlier', 'candidate')])),
        ),
      ),
    )
    .orderBy('candidate.sequence')
    .limit(1)
    .modifyEnd(sql.raw(holdFree))
}

/** Free ones for one of these hosts or any, but of no kind, and for nobody, that is to wait. */
function wanted(database: Database, { hosts, at, notKinds = [], busy = [] }: ClaimBy) {
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
  return found
}

/** Whether the resource of one is below the other's. */
function liesIn(inner: 'candidate' | 'earlier', outer: 'candidate' | 'earlier') {
  const [below, above] = [inner, outer].map((each) => sql.ref(`${each}.resource_key`))
  return sql<boolean>`substr(${below}, 1, length(${above}) + 1) = ${above} || '/'`
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
