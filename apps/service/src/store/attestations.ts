import { keyOf } from '@trusted-launch/api'
import { type Attestation, type Attestations, StoreError } from '../domain/store.ts'
import type { Access } from './access.ts'
import { fromJson, toJson } from './json.ts'
import { limitOf } from './limit.ts'
import type { AttestationRow } from './schema.ts'

const short = ['id', 'vm_id', 'vm_key', 'at', 'tier', 'result'] as const

export class AttestationTable implements Attestations {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  async insert({ id, vmId, at, tier, result, record }: Attestation): Promise<void> {
    const row = {
      ...{ id: keyOf(id), vm_id: vmId, vm_key: keyOf(vmId), at, tier, record },
      result: toJson(result),
    }
    const { numInsertedOrUpdatedRows } = await this.#access.write((database) =>
      database
        .insertInto('attestations')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirstOrThrow(),
    )
    if (numInsertedOrUpdatedRows === 0n)
      throw new StoreError('store-exists', `there is an attestation ${id}`)
  }

  async latest(vmId: string): Promise<Attestation | null> {
    const row = await this.#access.read((database) =>
      database
        .selectFrom('attestations')
        .selectAll()
        .where('vm_key', '=', keyOf(vmId))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst(),
    )
    return row === undefined ? null : wholeOf(row)
  }

  async list(vmId: string, query: { before?: number; limit: number }) {
    const rows = await this.#access.read((database) => {
      const found = database
        .selectFrom('attestations')
        .select(short)
        .where('vm_key', '=', keyOf(vmId))
      return (query.before === undefined ? found : found.where('at', '<', query.before))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limitOf(query))
        .execute()
    })
    return rows.map(attestationOf)
  }

  async get(id: string): Promise<Attestation | null> {
    const row = await this.#access.read((database) =>
      database
        .selectFrom('attestations')
        .selectAll()
        .where('id', '=', keyOf(id))
        .executeTakeFirst(),
    )
    return row === undefined ? null : wholeOf(row)
  }

  async deleteOf(vmId: string): Promise<number> {
    const { numDeletedRows } = await this.#access.write((database) =>
      database
        .deleteFrom('attestations')
        .where('vm_key', '=', keyOf(vmId))
        .executeTakeFirstOrThrow(),
    )
    return Number(numDeletedRows)
  }
}

function attestationOf(row: Omit<AttestationRow, 'record'>): Omit<Attestation, 'record'> {
  const { id, vm_id: vmId, at, tier } = row
  return { id, vmId, at, tier, result: fromJson(row.result) }
}

function wholeOf(row: AttestationRow): Attestation {
  return { ...attestationOf(row), record: new Uint8Array(row.record) }
}
