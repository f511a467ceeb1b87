import { keyOf } from '@trusted-launch/api'
import type { DeadLetter, Deliveries, Delivery } from '../domain/store.ts'
import type { Access } from './access.ts'
import { fromJson, toJson } from './json.ts'
import { limitOf } from './limit.ts'
import type { Database, DeadLetterRow } from './schema.ts'

/** How far each destination has been told, and what could not be told. */
export class DeliveryTable implements Deliveries {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async get(destinationId: string): Promise<Delivery | null> {
    const row = await this.#access.read((database) =>
      database
        .selectFrom('deliveries')
        .selectAll()
        .where('key', '=', keyOf(destinationId))
        .executeTakeFirst(),
    )
    if (row === undefined) return null
    const { key: _, next_at: nextAt, delivered_at: deliveredAt, ...rest } = row
    return { ...rest, destinationId, nextAt, deliveredAt }
  }

  async put({ destinationId, nextAt, deliveredAt, ...rest }: Delivery): Promise<void> {
    const columns = { ...rest, next_at: nextAt, delivered_at: deliveredAt }
    await this.#access.write((database) =>
      database
        .insertInto('deliveries')
        .values({ key: keyOf(destinationId), ...columns })
        .onConflict((conflict) => conflict.column('key').doUpdateSet(columns))
        .execute(),
    )
  }

  async delete(destinationId: string): Promise<void> {
    const key = keyOf(destinationId)
    await this.#access.write(async (database) => {
      await database.deleteFrom('deliveries').where('key', '=', key).execute()
      await database.deleteFrom('dead_letters').where('destination_key', '=', key).execute()
    })
  }

  async bury(
    destinationId: string,
    { event, at, why }: Omit<DeadLetter, 'again'>,
    keep: number,
  ): Promise<number> {
    const columns = { at, why, event: toJson(event as never), again: 0 }
    return this.#access.write(async (database) => {
      await database
        .insertInto('dead_letters')
        .values({
          ...{ key: letterKey(destinationId, event.sequence), ...columns },
          ...{ destination_key: keyOf(destinationId), sequence: event.sequence },
        })
        .onConflict((conflict) => conflict.column('key').doUpdateSet(columns))
        .execute()
      return dropAbove(database, destinationId, keep)
    })
  }

  async letters(
    destinationId: string,
    query: { readonly after?: number; readonly again?: boolean; readonly limit: number },
  ): Promise<readonly DeadLetter[]> {
    const rows = await this.#access.read((database) => {
      const all = of(database, destinationId).where('sequence', '>', query.after ?? 0)
      const wanted = query.again === true ? all.where('again', '=', 1) : all
      return wanted.orderBy('sequence').limit(limitOf(query)).execute()
    })
    return rows.map(letterOf)
  }

  async countLetters(destinationId: string): Promise<number> {
    const { count } = await this.#access.read((database) =>
      database
        .selectFrom('dead_letters')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('destination_key', '=', keyOf(destinationId))
        .executeTakeFirstOrThrow(),
    )
    return Number(count)
  }

  async sendAgain(destinationId: string, sequence: number | null): Promise<number> {
    const { numUpdatedRows } = await this.#access.write((database) => {
      const letters = database.updateTable('dead_letters').set({ again: 1 })
      const ours = letters.where('destination_key', '=', keyOf(destinationId))
      const wanted = sequence === null ? ours : ours.where('sequence', '=', sequence)
      return wanted.executeTakeFirstOrThrow()
    })
    return Number(numUpdatedRows)
  }

  async unbury(destinationId: string, sequence: number): Promise<void> {
    await this.#access.write((database) =>
      database
        .deleteFrom('dead_letters')
        .where('key', '=', letterKey(destinationId, sequence))
        .execute(),
    )
  }
}

function of(database: Database, destinationId: string) {
  return database
    .selectFrom('dead_letters')
    .selectAll()
    .where('destination_key', '=', keyOf(destinationId))
}

/** The oldest go. @returns how many. */
async function dropAbove(database: Database, destinationId: string, keep: number): Promise<number> {
  const cut = await of(database, destinationId)
    .orderBy('sequence', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst()
  if (cut === undefined) return 0
  const { numDeletedRows } = await database
    .deleteFrom('dead_letters')
    .where('destination_key', '=', keyOf(destinationId))
    .where('sequence', '<=', cut.sequence)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

function letterKey(destinationId: string, sequence: number): string {
  return `${keyOf(destinationId)}#${sequence}`
}

function letterOf({ event, at, why, again }: DeadLetterRow): DeadLetter {
  return { event: fromJson(event), at, why, again: again === 1 }
}
