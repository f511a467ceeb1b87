import { type Compilable, CompiledQuery, sql } from 'kysely'
import type { Engine } from '../../src/store/engine.ts'

/** How a database would answer a query of which there were too many rows to read them all. */
export function planOf(engine: Engine, query: Compilable): Promise<string> {
  const { sql: text, parameters } = query.compile()
  const isServer = engine.name === 'PostgreSQL'
  const explain = isServer ? 'explain (costs off)' : 'explain query plan'
  return engine.transaction(async (database) => {
    if (isServer) await sql`set local enable_seqscan = off`.execute(database)
    const asked = CompiledQuery.raw(`${explain} ${text}`, [...parameters])
    const { rows } = await database.executeQuery<Record<string, unknown>>(asked)
    return rows.map((row) => row.detail ?? row['QUERY PLAN']).join('\n')
  })
}
