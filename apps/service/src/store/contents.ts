import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { packed, unpacked } from './pack.ts'
import type { Database } from './schema.ts'

/** What many records have in common, each kept once. In a transaction that writes. */
export class Contents {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The number of these bytes, which are kept from now on. */
  async keep(bytes: Uint8Array): Promise<number> {
    const hash = createHash('sha256').update(bytes).digest('hex')
    const known = await this.#numberOf(hash)
    if (known !== null) return known
    const next = this.#database
      .selectFrom('contents')
      .select(({ fn, lit }) => sql<number>`${fn.coalesce(fn.max('number'), lit(0))} + 1`.as('next'))
    const row = { number: next, hash, bytes: packed(bytes) }
    await this.#database.insertInto('contents').values(row).execute()
    return (await this.#numberOf(hash))!
  }

  async #numberOf(hash: string): Promise<number | null> {
    const row = await this.#database
      .selectFrom('contents')
      .select('number')
      .where('hash', '=', hash)
      .executeTakeFirst()
    return row?.number ?? null
  }

  /** How many bytes it takes. */
  async packedBytes(number: number): Promise<number> {
    const { size } = await this.#database
      .selectFrom('contents')
      .select(sql<number>`octet_length(bytes)`.as('size'))
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    return Number(size)
  }

  /** @returns its bytes, and how many it takes by itself. */
  async get(number: number): Promise<{ bytes: Uint8Array; packedBytes: number }> {
    const { bytes } = await this.#database
      .selectFrom('contents')
      .select('bytes')
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    return { bytes: unpacked(bytes), packedBytes: bytes.length }
  }

  /** Those of these numbers that no attestation needs any more go. */
  async forget(numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return
    await this.#database
      .deleteFrom('contents')
      .where('number', 'in', numbers)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(selectFrom('attestations').select('id').whereRef('base', '=', 'contents.number')),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('attestations').select('id').whereRef('shared', '=', 'contents.number'),
          ),
        ),
      )
      .execute()
  }
}
