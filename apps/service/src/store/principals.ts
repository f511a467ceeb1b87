import { keyOf } from '@trusted-launch/api'
import { type Principal, type Principals, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'
import { limitOf } from './limit.ts'
import type { PrincipalRow } from './schema.ts'

/** Sign-in names are the same in any case of letters. */
export class PrincipalTable implements Principals {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async get(id: string): Promise<Principal | null> {
    return this.#find('id', id)
  }

  async bySignInName(name: string): Promise<Principal | null> {
    return this.#find('sign_in_key', name)
  }

  async list(query: Parameters<Principals['list']>[0]): Promise<readonly Principal[]> {
    const { after } = query
    const rows = await this.#access.read((database) => {
      const all = database.selectFrom('principals').selectAll()
      const found = after === undefined ? all : all.where('id', '>', keyOf(after))
      return found.orderBy('id').limit(limitOf(query)).execute()
    })
    return rows.map(principalOf)
  }

  async put(principal: Principal): Promise<void> {
    const { id, ...columns } = rowOf(principal)
    await this.#access.write(async (database) => {
      const named = await database
        .selectFrom('principals')
        .select('id')
        .where('sign_in_key', '=', columns.sign_in_key)
        .executeTakeFirst()
      if (named !== undefined && named.id !== id)
        throw new StoreError('store-exists', `another is called ${principal.signInName}`)
      await database
        .insertInto('principals')
        .values({ id, ...columns })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
        .execute()
    })
  }

  async delete(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#access.write((database) =>
      database.deleteFrom('principals').where('id', '=', keyOf(id)).executeTakeFirstOrThrow(),
    )
    return numDeletedRows > 0n
  }

  async #find(column: 'id' | 'sign_in_key', value: string): Promise<Principal | null> {
    const row = await this.#access.read((database) =>
      database
        .selectFrom('principals')
        .selectAll()
        .where(column, '=', keyOf(value))
        .executeTakeFirst(),
    )
    return row === undefined ? null : principalOf(row)
  }
}

function principalOf(row: PrincipalRow): Principal {
  return {
    id: row.id,
    signInName: row.sign_in_name,
    kind: row.kind as Principal['kind'],
    displayName: row.display_name,
    secretHash: row.secret_hash,
    disabled: row.disabled !== 0,
    createdAt: row.created_at,
  }
}

function rowOf(principal: Principal): PrincipalRow {
  return {
    id: keyOf(principal.id),
    sign_in_name: principal.signInName,
    sign_in_key: keyOf(principal.signInName),
    kind: principal.kind,
    display_name: principal.displayName,
    secret_hash: principal.secretHash,
    disabled: principal.disabled ? 1 : 0,
    created_at: principal.createdAt,
  }
}
