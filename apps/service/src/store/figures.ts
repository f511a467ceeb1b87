import { keyOf } from '@trusted-launch/api'
import { sql } from 'kysely'
import type { Figures } from '../domain/store.ts'
import type { Words } from './engine.ts'
import { answered } from './migrations/0005-figures.ts'
import type { Database } from './schema.ts'

/** Counted by the database: nothing of a row leaves it. */
export async function figuresOf(
  database: Database,
  words: Words,
  types: { readonly vm: string; readonly alert: string },
  at: number,
): Promise<Figures> {
  const of = (name: string) => sql<string | null>`${sql.raw(words.member('state', name))}`
  const verdicts = await database
    .selectFrom('resources')
    .select([of('integrity').as('tier'), count()])
    .where('type_key', '=', keyOf(types.vm))
    .groupBy(sql`1`)
    .execute()
  const alerts = await database
    .selectFrom('resources')
    .select([of('alert.type').as('type'), of('alert.severity').as('severity'), count()])
    .where('type_key', '=', keyOf(types.alert))
    .where(
      sql<boolean>`${of('alert.state')} in ('Active', 'InProgress', '"Active"', '"InProgress"')`,
    )
    .where(sql<boolean>`${of('sample')} is null`)
    .groupBy(sql`1`)
    .groupBy(sql`2`)
    .execute()
  const due = await database
    .selectFrom('due')
    .select([count(), sql<number | null>`min(due)`.as('since')])
    .where('due', '<=', at)
    .executeTakeFirstOrThrow()
  const answer = await database
    .selectFrom('due')
    .select(sql<number | string | null>`min(${sql.raw(answered(words))})`.as('oldest'))
    .where('due', 'is not', null)
    .executeTakeFirstOrThrow()
  return {
    verdicts: verdicts.map(({ tier, count }) => ({ tier: plain(tier), count: Number(count) })),
    openAlerts: alerts.map(({ type, severity, count }) => ({
      ...{ type: plain(type), severity: plain(severity), count: Number(count) },
    })),
    overdue: { count: Number(due.count), since: numberOf(due.since) },
    oldestAnswer: numberOf(answer.oldest),
  }
}

function count() {
  return sql<number | string>`count(*)`.as('count')
}

/** One database tells a JSON string with its quotes, the other without. */
function plain(text: string | null): string {
  return text === null || text === 'null' ? 'none' : text.replaceAll('"', '')
}

function numberOf(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}
