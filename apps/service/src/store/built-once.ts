import type { Compilable, CompiledQuery, QueryId } from 'kysely'
import type { Database } from './schema.ts'

/** Where a value goes that is given when the query is asked. */
class Hole {
  readonly index: number

  constructor(index: number) {
    this.index = index
  }
}

type Holes<V extends readonly unknown[]> = { -readonly [I in keyof V]: V[I] }

/** So many values a query has at most. */
const HOLES = Array.from({ length: 16 }, (_, index) => new Hole(index))

/**
 * A query that is asked again and again, its text made once for each database: making it takes longer than asking.
 * @param build the query with its values, each where it belongs and none read: they stand for those of each call.
 */
export function builtOnce<V extends readonly unknown[], R>(
  build: (database: Database, values: Holes<V>) => Compilable<R>,
): (database: Database, values: V) => Promise<R[]> {
  const built = new WeakMap<object, CompiledQuery<R>>()
  return async (database, values) => {
    const { adapter } = database.getExecutor()
    const known = built.get(adapter) ?? build(database, HOLES as unknown as Holes<V>).compile()
    built.set(adapter, known)
    const parameters = known.parameters.map((one) =>
      one instanceof Hole ? values[one.index] : one,
    )
    const query = { ...known, parameters, queryId: NO_ID }
    return (await database.executeQuery<R>(query)).rows
  }
}

/** Nobody follows single queries. */
const NO_ID: QueryId = { queryId: '' }
