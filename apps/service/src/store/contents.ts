import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { builtOnce } from './built-once.ts'
import { packed, unpacked } from './pack.ts'
import type { Database } from './schema.ts'

const numberBy = builtOnce((database, [hash]: [string]) =>
  database.selectFrom('contents').select('number').where('hash', '=', hash),
)
const hashBy = builtOnce((database, [number]: [number]) =>
  database.selectFrom('contents').select('hash').where('number', '=', number),
)

interface Content {
  readonly bytes: Uint8Array
  readonly packedBytes: number
}

/** Unpacked ones, by their hash: records of many VMs are kept by their difference to the same few. */
const recent = new Map<string, Content>()
const RECENT_MAX = 16
const RECENT_BYTES_MAX = 1 << 20

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
    const [row] = await numberBy(this.#database, [hash])
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
  async get(number: number): Promise<Content> {
    // A number may be given again; what a hash stands for is always the same.
    const [named] = await hashBy(this.#database, [number])
    const known = named === undefined ? undefined : recent.get(named.hash)
    if (known !== undefined) return known
    const { hash, bytes } = await this.#database
      .selectFrom('contents')
      .select(['hash', 'bytes'])
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    const content = { bytes: unpacked(bytes), packedBytes: bytes.length }
    if (content.bytes.length <= RECENT_BYTES_MAX) recent.set(hash, content)
    if (recent.size > RECENT_MAX) recent.delete(recent.keys().next().value!)
    return content
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
