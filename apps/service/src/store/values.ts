import type { Values } from '../domain/store.ts'
import type { Access } from './access.ts'
import { builtOnce } from './built-once.ts'

const valueNamed = builtOnce((database, [name]: [string]) =>
  database.selectFrom('stored_values').select('value').where('name', '=', name),
)
const putValue = builtOnce(
  (database, [name, value, expires_at]: [string, Uint8Array, number | null]) =>
    database
      .insertInto('stored_values')
      .values({ name, value, expires_at })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, expires_at })),
)

export class ValueTable implements Values {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async get(name: string): Promise<Uint8Array | null> {
    const [row] = await this.#access.read((database) => valueNamed(database, [name]))
    return row === undefined ? null : new Uint8Array(row.value)
  }

  async put(name: string, value: Uint8Array, expiresAt?: number): Promise<void> {
    await this.#access.write((database) => putValue(database, [name, value, expiresAt ?? null]))
  }

  async putNew(name: string, value: Uint8Array): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#access.write((database) =>
      database
        .insertInto('stored_values')
        .values({ name, value, expires_at: null })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirstOrThrow(),
    )
    return numInsertedOrUpdatedRows! > 0n
  }

  async replace(name: string, value: Uint8Array, expiresAt: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.write((database) =>
      database
        .updateTable('stored_values')
        .set({ value, expires_at: expiresAt })
        .where('name', '=', name)
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows > 0n
  }

  async delete(name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#access.write((database) =>
      database.deleteFrom('stored_values').where('name', '=', name).executeTakeFirstOrThrow(),
    )
    return numDeletedRows > 0n
  }

  async forget(expiredBefore: number): Promise<number> {
    const { numDeletedRows } = await this.#access.write((database) =>
      database
        .deleteFrom('stored_values')
        .where('expires_at', '<', expiredBefore)
        .executeTakeFirstOrThrow(),
    )
    return Number(numDeletedRows)
  }
}
