import { Contents } from './contents.ts'
import { packed, unpacked } from './pack.ts'
import type { AttestationRow, Database } from './schema.ts'
import { asBytes, asWritten } from './written-bytes.ts'

/** A record as its row has it: the difference to a base, and what was cut out of it. */
export type KeptRecord = Pick<AttestationRow, 'base' | 'shared' | 'shared_at' | 'record'>

/** A difference larger than this part of its base by itself is no saving: the record is a new base. */
const PART_MAX = 1 / 4

/**
 * Keeps a record by what is new in it.
 * @param former the base of the VM's record before; null: there is none.
 * @param shared a part of it that is kept once for all that have it.
 * @returns its row's part, and how many bytes it takes by itself.
 */
export async function keepRecord(
  database: Database,
  record: Uint8Array,
  former: number | null,
  shared: Uint8Array | undefined,
): Promise<KeptRecord & { readonly bytes: number }> {
  const contents = new Contents(database)
  const at = shared === undefined || shared.length === 0 ? -1 : Buffer.from(record).indexOf(shared)
  const isCut = at >= 0
  const rest = asBytes(isCut ? without(record, at, shared!.length) : record)
  const cut = isCut
    ? { shared: await contents.keep(shared!), shared_at: at }
    : { shared: null, shared_at: null }
  if (former !== null) {
    const { bytes, packedBytes } = await contents.get(former)
    const difference = packed(rest, bytes)
    if (difference.length <= packedBytes * PART_MAX)
      return { ...cut, base: former, record: difference, bytes: difference.length }
  }
  const base = await contents.keep(rest)
  const same = packed(rest, rest)
  const bytes = same.length + (await contents.packedBytes(base))
  return { ...cut, base, record: same, bytes }
}

/** The record, to the byte, out of its row and what that names. */
export function recordOf(
  { record, shared_at: at }: Pick<KeptRecord, 'record' | 'shared_at'>,
  base: Uint8Array | null,
  shared: Uint8Array | null,
): Uint8Array {
  if (base === null) return new Uint8Array(record)
  const rest = asWritten(unpacked(record, unpacked(base)))
  if (shared === null || at === null) return new Uint8Array(rest)
  const parts = [rest.subarray(0, at), unpacked(shared), rest.subarray(at)]
  return new Uint8Array(Buffer.concat(parts))
}

function without(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
}
