import { createHash } from 'node:crypto'
import {
  encodeReferenceValues,
  parseReferenceValues,
  variantWithVariables,
} from '@trusted-launch/attestation'
import { guidOf } from '../guid-of.ts'
import type { FirmwareKeys } from '../host/firmware-keys.ts'
import type { Resource, Tables } from '../store.ts'
import { stateOf } from '../vm/vm.ts'
import { hasRoom } from './approve.ts'
import {
  insertReference,
  REFERENCE_VALUES,
  referenceIn,
  referencesFor,
  removeReference,
  valueOfReference,
} from './kept.ts'

/** Who has the keys of a VM's firmware changed, and by which request. */
export interface KeyUpdater {
  readonly by: string
  readonly request: string
  /** Milliseconds since 1970. */
  readonly time: number
}

const WHY = 'The keys of its firmware were updated while it was off.'
const NAME_MAX = 256

/**
 * What was approved for a VM, also as it measures it with other keys in its firmware: for that VM alone. Part of a
 * transaction; done again it is the same. As many as there is room for: what a VM then measures is drift.
 */
export async function approveWithKeys(
  tables: Tables,
  vm: Resource,
  keys: FirmwareKeys,
  { by, request, time }: KeyUpdater,
): Promise<void> {
  const at = new Date(time).toISOString()
  for (const row of await referencesFor(tables, vm)) {
    const before = referenceIn(row)
    const file = await tables.values.get(valueOfReference(row.name))
    if (file === null) continue
    const variant = `${before.variant}, keys of ${at}`.slice(-NAME_MAX)
    const approval = { by, at, why: WHY }
    const changed = parseReferenceValues(file).variants.flatMap(
      (one) => variantWithVariables({ ...one, name: variant, approval }, keys) ?? [],
    )
    if (changed.length === 0) continue
    const next = encodeReferenceValues({ version: 2, variants: changed })
    const name = guidOf(`${vm.id}/${stateOf(vm).vmId}/${row.name}/${request}`)
    const former = await tables.resources.get(`${vm.id}/providers/${REFERENCE_VALUES}/${name}`)
    if (former !== null) await removeReference(tables, former)
    if (!(await hasRoom(tables, vm.id))) return
    const reference = {
      ...before,
      ...{ how: 'person' as const, variant, by, at: time, why: WHY, request },
      ...{ image: null, vmId: stateOf(vm).vmId, supersedes: before.variant },
      sha256: createHash('sha256').update(next).digest('hex'),
    }
    await insertReference(tables, vm.id, name, reference, next)
  }
}
