import { randomUUID } from 'node:crypto'
import { keyOf } from '@trusted-launch/api'
import { type ExpressionBuilder, sql } from 'kysely'
import { type Resource, type ResourceQuery, type Resources, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'
import { builtOnce } from './built-once.ts'
import { limitOf } from './limit.ts'
import { changeNames, forgetNames, isNaming, keepNames } from './names.ts'
import { columnsOf, type ResourceChange, resourceOf, rowOf } from './resource-row.ts'
import type { Database, Schema } from './schema.ts'

const byKey = builtOnce((database, [key]: [string]) =>
  database.selectFrom('resources').selectAll().where('key', '=', key),
)
/** What is asked for most: all of a type that belong to a resource. */
const PLAIN = ['type', 'parentId', 'limit'] as const
const ofParentBy = (limit: number) =>
  builtOnce((database, [type, parent]: [string, string]) =>
    database
      .selectFrom('resources')
      .selectAll()
      .where('type_key', '=', type)
      .where('parent_key', '=', parent)
      .orderBy('key')
      .limit(limit),
  )
/** By how many are asked for: mostly a page. */
const ofParent = new Map<number, ReturnType<typeof ofParentBy>>()
const LIMITS_MAX = 64

/** All resources of all types, in one table (docs/decisions/0013). */
export class ResourceTable implements Resources {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  get(id: string): Promise<Resource | null> {
    const key = keyOf(id)
    return this.#once(key, async () => {
      const [row] = await this.#access.read((database) => byKey(database, [key]))
      return row === undefined ? null : resourceOf(row)
    })
  }

  list(query: ResourceQuery): Promise<readonly Resource[]> {
    return this.#once(JSON.stringify(query), async () => {
      const limit = limitOf(query)
      const { type, parentId } = query
      const isPlain = parentId !== undefined && Object.keys(query).length === PLAIN.length
      const rows = await this.#access.read((database) =>
        isPlain && PLAIN.every((name) => query[name] !== undefined)
          ? ofParentIn(limit)(database, [keyOf(type), keyOf(parentId)])
          : matching(database, query).selectAll().orderBy('key').limit(limit).execute(),
      )
      return rows.map(resourceOf)
    })
  }

  #once<T>(question: string, read: () => Promise<T>): Promise<T> {
    return this.#access.known?.once(question, read) ?? read()
  }

  async #write<T>(work: (database: Database) => Promise<T>): Promise<T> {
    this.#access.known?.forget()
    try {
      return await this.#access.write(work)
    } finally {
      // What somebody read meanwhile may be from before.
      this.#access.known?.forget()
    }
  }

  async below(scope: string, limit: number, after?: string): Promise<readonly Resource[]> {
    const rows = await this.#access.read((database) =>
      database
        .selectFrom('resources')
        .selectAll()
        .where(stretch(scope, after))
        .orderBy('key')
        .limit(limitOf({ limit }))
        .execute(),
    )
    return rows.map(resourceOf)
  }

  async count(query: Omit<ResourceQuery, 'after' | 'limit'>): Promise<number> {
    const { count } = await this.#access.read((database) =>
      matching(database, query)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    )
    return count
  }

  async sum(type: string, property: string): Promise<number> {
    const member = sql.raw(this.#access.words.member('properties', property))
    const { sum } = await this.#access.read((database) =>
      database
        .selectFrom('resources')
        .select(sql<number | string | null>`sum(cast(${member} as integer))`.as('sum'))
        .where('type_key', '=', keyOf(type))
        .executeTakeFirstOrThrow(),
    )
    return Number(sum ?? 0)
  }

  async insert(resource: Omit<Resource, 'etag' | 'changedAt'>, at: number): Promise<Resource> {
    refuseElsewhere(resource)
    const row = rowOf({ ...resource, etag: randomUUID(), changedAt: at })
    await this.#write(async (database) => {
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('resources')
        .values(row)
        .onConflict((conflict) => conflict.column('key').doNothing())
        .executeTakeFirstOrThrow()
      if (numInsertedOrUpdatedRows === 0n)
        throw new StoreError('store-exists', `there is a resource ${resource.id}`)
      await keepNames(database, row)
    })
    return resourceOf(row)
  }

  async update(id: string, change: ResourceChange, at: number, etag?: string): Promise<Resource> {
    const columns = { ...columnsOf(change), etag: randomUUID(), changed_at: at }
    return this.#write(async (database) => {
      const update = database.updateTable('resources').set(columns).where('key', '=', keyOf(id))
      const row = await (etag === undefined ? update : update.where('etag', '=', etag))
        .returningAll()
        .executeTakeFirst()
      if (row !== undefined) {
        if (change.properties !== undefined || change.state !== undefined)
          await changeNames(database, row)
        return resourceOf(row)
      }
      if (!(await exists(database, id)))
        throw new StoreError('store-missing', `there is no resource ${id}`)
      throw changed(id)
    })
  }

  async delete(id: string, etag?: string): Promise<boolean> {
    return this.#write(async (database) => {
      const deletion = database.deleteFrom('resources').where('key', '=', keyOf(id))
      const { numDeletedRows } = await (etag === undefined
        ? deletion
        : deletion.where('etag', '=', etag)
      ).executeTakeFirstOrThrow()
      if (numDeletedRows > 0n) {
        await forgetNames(database, keyOf(id))
        return true
      }
      if (etag !== undefined && (await exists(database, id))) throw changed(id)
      return false
    })
  }
}

function ofParentIn(limit: number): ReturnType<typeof ofParentBy> {
  const made = ofParent.get(limit) ?? ofParentBy(limit)
  if (ofParent.size < LIMITS_MAX) ofParent.set(limit, made)
  return made
}

/**
 * A scope is a stretch of keys: what is in it lies between `scope/` and the character after the slash. Of two
 * limits from below SQLite uses the first alone: a page deep in a list would read all that is before it.
 */
function stretch(scope: string, after: string | undefined) {
  const [first, end] = [`${keyOf(scope)}/`, `${keyOf(scope)}0`]
  return (eb: ExpressionBuilder<Schema, 'resources'>) =>
    eb.and([
      eb('key', '>', after?.startsWith(first) ? after : first),
      eb('key', '<', end),
      ...(after === undefined || after.startsWith(first) ? [] : [eb('key', '>', after)]),
    ])
}

function scopeOf(subscriptionId: string, resourceGroup: string | null | undefined): string {
  const subscription = `/subscriptions/${subscriptionId}`
  return resourceGroup ? `${subscription}/resourceGroups/${resourceGroup}` : subscription
}

/** The rows that a query names. */
export function matching(database: Database, query: Omit<ResourceQuery, 'limit'>) {
  const { type, subscriptionId, resourceGroup, parentId, naming, after } = query
  let found = database.selectFrom('resources').where('type_key', '=', keyOf(type))
  if (naming !== undefined) found = found.where(isNaming(naming))
  if (parentId !== undefined) found = found.where('parent_key', '=', keyOf(parentId))
  if (subscriptionId !== undefined)
    return found.where(stretch(scopeOf(subscriptionId, resourceGroup), after))
  return after === undefined ? found : found.where('key', '>', after)
}

/** Lists go by keys: a resource is where its id says, or it would be in no list. */
function refuseElsewhere({
  id,
  subscriptionId,
  resourceGroup,
}: Omit<Resource, 'etag' | 'changedAt'>) {
  if (subscriptionId === '') return
  const scope = keyOf(scopeOf(subscriptionId, resourceGroup))
  if (keyOf(id) !== scope && !keyOf(id).startsWith(`${scope}/`))
    throw new RangeError(`the resource ${id} is not in ${scope}`)
}

async function exists(database: Database, id: string): Promise<boolean> {
  const found = database.selectFrom('resources').select('key').where('key', '=', keyOf(id))
  return (await found.executeTakeFirst()) !== undefined
}

function changed(id: string): StoreError {
  return new StoreError('store-changed', `the resource ${id} was changed by somebody else`)
}
