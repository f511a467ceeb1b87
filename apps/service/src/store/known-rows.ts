import type { Database } from './schema.ts'

/** So many answers are kept, and none of more rows. */
const ANSWERS_MAX = 256
const ROWS_MAX = 16

/**
 * What was read of resources in a transaction, by what was asked: nobody else changes it meanwhile, so it is read once,
 * by all who share the commit. Whoever changes a resource, or takes a change back, empties it.
 */
export class KnownRows {
  readonly #answers = new Map<string, unknown>()

  async once<T>(question: string, read: () => Promise<T>): Promise<T> {
    if (this.#answers.has(question)) return this.#answers.get(question) as T
    const answer = await read()
    const isLong = Array.isArray(answer) && answer.length > ROWS_MAX
    if (!isLong && this.#answers.size < ANSWERS_MAX) this.#answers.set(question, answer)
    return answer
  }

  forget(): void {
    this.#answers.clear()
  }
}

const known = new WeakMap<Database, KnownRows>()

/** Of a transaction's database. */
export function knownOf(transaction: Database): KnownRows {
  const found = known.get(transaction) ?? new KnownRows()
  known.set(transaction, found)
  return found
}
