import { sql } from 'kysely'
import type { Proofs } from '../domain/store.ts'
import type { Words } from './engine.ts'
import { answered } from './migrations/0005-figures.ts'
import type { Database } from './schema.ts'

/** Counted by the database: a row for each subscription leaves it. */
export async function proofsOf(
  database: Database,
  words: Words,
  since: number,
): Promise<readonly Proofs[]> {
  const at = sql.raw(answered(words))
  const rows = await database
    .selectFrom('due')
    .select([
      'subscription_key',
      sql<number | string>`count(*)`.as('asked'),
      sql<number | string>`sum(case when ${at} > ${since} then 1 else 0 end)`.as('proved'),
      sql<number | string | null>`min(${at})`.as('oldest'),
      sql<number | string | null>`avg(${at})`.as('average'),
    ])
    .where('due', 'is not', null)
    .groupBy('subscription_key')
    .execute()
  return rows.map(({ subscription_key: subscriptionId, asked, proved, oldest, average }) => ({
    ...{ subscriptionId, asked: Number(asked), proved: Number(proved) },
    ...{ oldest: numberOf(oldest), average: numberOf(average) },
  }))
}

function numberOf(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}
