import { sql } from 'kysely'
import { type Leases, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'

/** Rows stay when leases end: their epochs only grow. */
export class LeaseTable implements Leases {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async acquire(name: string, owner: string, at: number, leaseMs: number): Promise<number | null> {
    const row = { name, owner, epoch: 1, until: at + leaseMs }
    const taken = await this.#access.single((database) =>
      database
        .insertInto('leases')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet((eb) => ({
              owner,
              epoch: eb('leases.epoch', '+', 1),
              until: row.until,
            }))
            .where((eb) => eb.or([eb('leases.until', '<=', at), eb('leases.owner', '=', owner)])),
        )
        .returning('epoch')
        .executeTakeFirst(),
    )
    return taken?.epoch ?? null
  }

  async renew(name: string, owner: string, epoch: number, at: number, leaseMs: number) {
    return this.#change(name, owner, epoch, at + leaseMs)
  }

  async release(name: string, owner: string, epoch: number): Promise<void> {
    await this.#change(name, owner, epoch, 0)
  }

  async requireHeld(name: string, owner: string, epoch: number): Promise<void> {
    const held = await this.#access.read((database) =>
      database
        .selectFrom('leases')
        .select('epoch')
        .where('name', '=', name)
        .where('owner', '=', owner)
        .where('epoch', '=', epoch)
        .where('until', '>', 0)
        .modifyEnd(sql.raw(this.#access.words.hold))
        .executeTakeFirst(),
    )
    if (held === undefined) throw new StoreError('store-cut-off', `another holds ${name}`)
  }

  async list(): Promise<readonly { name: string; owner: string; epoch: number; until: number }[]> {
    const rows = await this.#access.read((database) =>
      database.selectFrom('leases').selectAll().where('until', '>', 0).orderBy('name').execute(),
    )
    return rows.map(({ name, owner, epoch, until }) => ({ name, owner, epoch, until }))
  }

  /** A released one is nobody's, whatever its epoch. */
  async #change(name: string, owner: string, epoch: number, until: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.single((database) =>
      database
        .updateTable('leases')
        .set({ until })
        .where('name', '=', name)
        .where('owner', '=', owner)
        .where('epoch', '=', epoch)
        .where('until', '>', 0)
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows > 0n
  }
}
