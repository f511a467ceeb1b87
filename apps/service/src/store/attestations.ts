import { keyOf } from '@trusted-launch/api'
import { sql } from 'kysely'
import {
  type Attestation,
  type AttestationSummary,
  type Attestations,
  type Json,
  type Retention,
  StoreError,
} from '../domain/store.ts'
import type { Access } from './access.ts'
import { builtOnce } from './built-once.ts'
import { Contents } from './contents.ts'
import { fromJson, toJson } from './json.ts'
import { keepRecord, recordOf } from './kept-record.ts'
import { limitOf } from './limit.ts'
import type { AttestationRow, Database } from './schema.ts'

const short = ['id', 'vm_key', 'at', 'tier', 'findings'] as const
type ShortRow = Pick<AttestationRow, (typeof short)[number]>
const EXPIRED_MAX = 1000

/** Of a VM's newest. */
const baseOf = builtOnce((database, [vm]: [string]) => ofVm(database, vm).select('base').limit(1))
type Columns = readonly [
  ...[id: string, vm_key: string, at: number, tier: string, findings: string],
  ...[shared: number | null, shared_at: number | null, base: number | null, record: Uint8Array],
]
const insertRow = builtOnce(
  (database, [id, vm_key, at, tier, findings, shared, shared_at, base, record]: Columns) =>
    database
      .insertInto('attestations')
      .values({ id, vm_key, at, tier, findings, shared, shared_at, base, record })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id'),
)

export class AttestationTable implements Attestations {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  insert(attestation: Attestation, shared?: Uint8Array): Promise<number> {
    const { id, vmId, at, tier, findings, record } = attestation
    const told = { id: keyOf(id), vm_key: keyOf(vmId), at, tier, findings: toJson(findings) }
    return this.#access.write(async (database) => {
      const [former] = await baseOf(database, [keyOf(vmId)])
      const { bytes, ...kept } = await keepRecord(database, record, former?.base ?? null, shared)
      const inserted = await insertRow(database, [
        ...([told.id, told.vm_key, at, tier, told.findings] as const),
        ...([kept.shared, kept.shared_at, kept.base, kept.record] as const),
      ])
      if (inserted.length === 0)
        throw new StoreError('store-exists', `there is an attestation ${id}`)
      return bytes + Buffer.byteLength(told.findings)
    })
  }

  latest(vmId: string): Promise<Attestation | null> {
    return this.#whole((found) =>
      found
        .where('attestations.vm_key', '=', keyOf(vmId))
        .orderBy('attestations.at', 'desc')
        .orderBy('attestations.id', 'desc')
        .limit(1),
    )
  }

  get(id: string): Promise<Attestation | null> {
    return this.#whole((found) => found.where('attestations.id', '=', keyOf(id)))
  }

  async list(vmId: string, query: { after?: string; limit: number }) {
    const { after } = query
    const rows = await this.#access.read((database) => {
      const found = newest(database, vmId).select(short).clearLimit().limit(limitOf(query))
      if (after === undefined) return found.execute()
      const last = database
        .selectFrom('attestations as last')
        .select(['last.at', 'last.id'])
        .where('last.id', '=', keyOf(after))
      return found.where(sql<boolean>`(at, id) < ${last}`).execute()
    })
    return rows.map(summaryOf)
  }

  async expired(vmId: string, retention: Retention): Promise<AttestationSummary[]> {
    const { before, keep, bytes, except } = retention
    const rows = await this.#access.read((database) => {
      const past = database
        .selectFrom(held(database, vmId).as('held'))
        .select(short)
        .where('place', '>', 1)
        .where((eb) =>
          eb.or([
            eb('held_bytes', '>', bytes),
            eb.and([
              eb('tier', '=', 'affirming'),
              eb.or([eb('at', '<', before.affirming), eb('place_of_kind', '>', keep.affirming)]),
            ]),
            eb.and([
              eb('tier', '<>', 'affirming'),
              eb.or([eb('at', '<', before.others), eb('place_of_kind', '>', keep.others)]),
            ]),
          ]),
        )
      const gone = except.length === 0 ? past : past.where('id', 'not in', except.map(keyOf))
      return gone.orderBy('at', 'desc').orderBy('id', 'desc').limit(EXPIRED_MAX).execute()
    })
    return rows.map(summaryOf)
  }

  async delete(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    return this.#remove((database) =>
      database
        .deleteFrom('attestations')
        .where('id', 'in', ids.map(keyOf))
        .returning(['base', 'shared'])
        .execute(),
    )
  }

  deleteOf(vmId: string): Promise<number> {
    return this.#remove((database) =>
      database
        .deleteFrom('attestations')
        .where('vm_key', '=', keyOf(vmId))
        .returning(['base', 'shared'])
        .execute(),
    )
  }

  /** What they alone needed goes with them. */
  #remove(
    work: (database: Database) => Promise<Pick<AttestationRow, 'base' | 'shared'>[]>,
  ): Promise<number> {
    return this.#access.write(async (database) => {
      const gone = await work(database)
      const needed = new Set(gone.flatMap(({ base, shared }) => [base, shared]))
      await new Contents(database).forget([...needed].filter((number) => number !== null))
      return gone.length
    })
  }

  async #whole(one: (found: Whole) => Whole): Promise<Attestation | null> {
    const row = await this.#access.read((database) => one(wholes(database)).executeTakeFirst())
    if (row === undefined) return null
    return { ...summaryOf(row), record: recordOf(row, row.base_bytes, row.shared_bytes) }
  }
}

type Whole = ReturnType<typeof wholes>

/** With what their records are made of, of one moment. */
function wholes(database: Database) {
  return database
    .selectFrom('attestations')
    .leftJoin('contents as base', 'base.number', 'attestations.base')
    .leftJoin('contents as shared', 'shared.number', 'attestations.shared')
    .selectAll('attestations')
    .select(['base.bytes as base_bytes', 'shared.bytes as shared_bytes'])
}

/** A VM's, the newest first: one, or more with another limit. */
function newest(database: Database, vmId: string) {
  return ofVm(database, keyOf(vmId)).limit(1)
}

function ofVm(database: Database, key: string) {
  return database
    .selectFrom('attestations')
    .where('vm_key', '=', key)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
}

/** A VM's, with their places among them, and what they and all newer ones take; what several have in common once. */
function held(database: Database, vmId: string) {
  const ranked = newest(database, vmId)
    .clearLimit()
    .leftJoin('contents', 'contents.number', 'attestations.base')
    .select(short)
    .select([
      sql<number>`octet_length(record) + octet_length(findings)`.as('own_bytes'),
      sql<number>`coalesce(octet_length(bytes), 0)`.as('base_bytes'),
      sql<number>`row_number() over (partition by base order by at desc, id desc)`.as(
        'place_of_base',
      ),
    ])
  return database
    .selectFrom(ranked.as('ranked'))
    .select(short)
    .select([
      sql<number>`row_number() over (order by at desc, id desc)`.as('place'),
      sql<number>`row_number() over (partition by tier = 'affirming' order by at desc, id desc)`.as(
        'place_of_kind',
      ),
      sql<number>`sum(own_bytes + case when place_of_base = 1 then base_bytes else 0 end) over (order by at desc, id desc)`.as(
        'held_bytes',
      ),
    ])
}

function summaryOf({ id, vm_key: vmId, at, tier, findings }: ShortRow): AttestationSummary {
  return { id, vmId, at, tier, findings: fromJson<readonly Json[]>(findings) }
}
