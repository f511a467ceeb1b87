import { keyOf } from '@trusted-launch/api'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { dataDisksOf } from './data-disks.ts'
import { nobodys } from './disk-row.ts'
import { stateOf, textAt, type VmState } from './vm.ts'

/** The ids of the disks that a VM does not name any more and that its host may still have. */
export function leavingOf(vm: Pick<Resource, 'state'>): readonly string[] {
  return (vm.state.leaving as readonly string[] | undefined) ?? []
}

/** A change of a VM's data disks: those that it names no more are leaving, those that it names again are not. */
export function withLeaving(vm: Resource, properties: JsonObject): VmState {
  const { leaving: _, ...state } = stateOf(vm)
  const kept = idsOf(properties)
  const had = [...leavingOf(vm), ...dataDisksOf(vm.properties).map(({ diskId }) => diskId)]
  const leaving = [...new Map(had.map((id) => [keyOf(id), id]))]
    .filter(([key]) => !kept.has(key))
    .map(([, id]) => id)
  return leaving.length === 0 ? state : { ...state, leaving }
}

/**
 * The host has given a VM the data disks of `had`, and none besides: those that were leaving are free, unless they
 * were among these and left since. @returns the VM's state without them.
 */
export async function freeLeft(
  tables: Tables,
  vm: Resource,
  had: Pick<Resource, 'properties'>,
  now: number,
): Promise<VmState> {
  const { leaving: _, ...state } = stateOf(vm)
  const there = idsOf(had.properties)
  const isThere = (id: string) => there.has(keyOf(id))
  for (const id of leavingOf(vm)) if (!isThere(id)) await free(tables, vm, id, now)
  const leaving = leavingOf(vm).filter(isThere)
  return leaving.length === 0 ? state : { ...state, leaving }
}

/** Nobody's from now on; what another has by now is not touched. */
async function free({ resources }: Tables, vm: Resource, id: string, now: number): Promise<void> {
  const disk = await resources.get(id)
  if (disk === null || keyOf(textAt(disk.state, 'managedBy') ?? '') !== keyOf(vm.id)) return
  await resources.update(id, { state: nobodys(disk.state) }, now)
}

function idsOf(properties: JsonObject): ReadonlySet<string> {
  return new Set(dataDisksOf(properties).map(({ diskId }) => keyOf(diskId)))
}
