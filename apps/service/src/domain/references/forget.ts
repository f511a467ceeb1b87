import { everyOf } from '../every-of.ts'
import type { Resource, Tables } from '../store.ts'
import { stateOf } from '../vm/vm.ts'
import { ANNOUNCED_UPDATE, removeAnnouncement } from './announced.ts'
import { bootsName } from './boots.ts'
import { DRIFT, removeDrift } from './drift.ts'
import { REFERENCE_VALUES, removeReference } from './kept.ts'

/** What was found and approved of a VM alone goes with it. */
export async function forgetReferences(tables: Tables, vm: Resource): Promise<void> {
  const { id: parentId } = vm
  const drifts: Resource[] = []
  for await (const row of everyOf(tables, { type: DRIFT, parentId })) drifts.push(row)
  for (const row of drifts) await removeDrift(tables, row)
  const kept: Resource[] = []
  for await (const row of everyOf(tables, { type: REFERENCE_VALUES, parentId })) kept.push(row)
  for (const row of kept) await removeReference(tables, row)
  const announced: Resource[] = []
  for await (const row of everyOf(tables, { type: ANNOUNCED_UPDATE, parentId })) announced.push(row)
  for (const row of announced) await removeAnnouncement(tables, row)
  await tables.values.delete(bootsName(stateOf(vm).vmId))
}
