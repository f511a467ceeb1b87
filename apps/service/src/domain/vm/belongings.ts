import { keyOf } from '@trusted-launch/api'
import { requireUnlocked } from '../locks.ts'
import { forgetReferences } from '../references/forget.ts'
import { removeWhole } from '../remove-whole.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { ownDiskOf } from './attached-disk.ts'
import { dataDisksOf } from './data-disks.ts'
import { nobodys } from './disk-row.ts'
import { leavingOf } from './leaving.ts'
import { forgetRemembered } from './remembered.ts'
import { seedName } from './seed.ts'
import { stateOf, textAt } from './vm.ts'

interface Belonging {
  readonly id: string
  readonly deleteOption: string
}

/** The disks and interfaces of a VM, and what is to become of them without it. */
function belongingsOf(vm: Pick<Resource, 'properties'>): {
  disks: Belonging[]
  interfaces: Belonging[]
} {
  const { storageProfile, networkProfile } = vm.properties as any
  const disks = [storageProfile?.osDisk, ...(storageProfile?.dataDisks ?? [])]
    .filter((disk) => typeof disk?.managedDisk?.id === 'string')
    .map((disk) => ({
      id: disk.managedDisk.id,
      deleteOption: String(disk.deleteOption ?? 'Detach'),
    }))
  const interfaces = (networkProfile?.networkInterfaces ?? [])
    .filter((each: any) => typeof each?.id === 'string')
    .map((each: any) => ({
      id: each.id,
      deleteOption: String(each.properties?.deleteOption ?? 'Detach'),
    }))
  return { disks, interfaces }
}

/** What belonged to a VM goes with it where its `deleteOption` says so; the rest is free again. */
export async function release(tables: Tables, vm: Resource, at: number): Promise<void> {
  const { disks, interfaces } = belongingsOf(vm)
  for (const one of [...disks, ...leftBehind(vm)]) await part(tables, vm, one, at, nobodys)
  for (const one of interfaces) await part(tables, vm, one, at, withoutVm)
}

/**
 * A VM that was never made has no disk that was made with it, and takes none that was there before, whatever their
 * `deleteOption`.
 */
export async function releaseUnmade(tables: Tables, vm: Resource, at: number): Promise<void> {
  const { disks, interfaces } = belongingsOf(vm)
  for (const { id } of [...disks, ...leftBehind(vm)]) {
    const found = await tables.resources.get(id)
    const one = { id, deleteOption: isMadeFor(found, vm) ? 'Delete' : 'Detach' }
    await part(tables, vm, one, at, nobodys)
  }
  for (const { id } of interfaces) {
    const found = await tables.resources.get(id)
    const deleteOption = isMadeFor(found, vm) ? 'Delete' : 'Detach'
    await part(tables, vm, { id, deleteOption }, at, withoutVm)
  }
}

/** The ids of the disks that were made with a VM. */
export async function disksMadeFor({ resources }: Tables, vm: Resource): Promise<string[]> {
  const disks = await Promise.all(belongingsOf(vm).disks.map(({ id }) => resources.get(id)))
  return disks.filter((disk) => disk !== null && isMadeFor(disk, vm)).map((disk) => disk!.id)
}

function isMadeFor(found: Resource | null, vm: Resource): boolean {
  return textAt(found?.state, 'madeFor') === vm.id
}

/** What the VM does not name any more stays, whatever was to become of it. */
function leftBehind(vm: Resource): Belonging[] {
  return leavingOf(vm).map((id) => ({ id, deleteOption: 'Detach' }))
}

const withoutVm = ({ virtualMachine: _, ...state }: JsonObject): JsonObject => state

async function part(
  tables: Tables,
  vm: Resource,
  { id, deleteOption }: Belonging,
  at: number,
  free: (state: JsonObject) => JsonObject,
): Promise<void> {
  const found = await tables.resources.get(id)
  if (found === null || !isHeldBy(found, vm)) return
  if (deleteOption.toLowerCase() === 'delete') await removeWhole(tables, id)
  else await tables.resources.update(id, { state: free(found.state) }, at)
}

/** What another has by now is not touched. */
function isHeldBy({ state }: Resource, vm: Resource): boolean {
  const holder = textAt(state, 'managedBy') ?? textAt(state, 'virtualMachine', 'id')
  return holder !== null && keyOf(holder) === keyOf(vm.id)
}

/** What is kept of a VM beside its resource: its verdicts, its seed, its turn, what is remembered and what was approved of it. */
export async function forgetVm(tables: Tables, vm: Resource): Promise<void> {
  const { vmId } = stateOf(vm)
  await tables.attestations.deleteOf(vmId)
  await forgetReferences(tables, vm)
  await tables.values.delete(seedName(vmId))
  await forgetRemembered(tables.values, vmId)
  await tables.turns.delete(vmId)
}

/** The ids of the disks and interfaces that go with a VM. */
export function goingWith(vm: Pick<Resource, 'properties'>): string[] {
  const { disks, interfaces } = belongingsOf(vm)
  return [...disks, ...interfaces]
    .filter(({ deleteOption }) => deleteOption.toLowerCase() === 'delete')
    .map(({ id }) => id)
}

/** The ids of the disks that go with a VM. */
export function disksThatGo(vm: Pick<Resource, 'properties'>): string[] {
  return belongingsOf(vm)
    .disks.filter(({ deleteOption }) => deleteOption.toLowerCase() === 'delete')
    .map(({ id }) => id)
}

/** No lock keeps what goes with a VM. @throws {ArmError} `ScopeLocked` */
export async function requireAllUnlocked(tables: Tables, vm: Resource): Promise<void> {
  for (const id of goingWith(vm)) await requireUnlocked(tables, id, 'delete')
}

/** No lock keeps the bytes of a VM's own disk, and of data disks of it. @throws {ArmError} `ScopeLocked` */
export async function requireDisksUnlocked(
  tables: Tables,
  vm: Resource,
  luns: readonly number[] = [],
): Promise<void> {
  const own = ownDiskOf(vm)
  const others = dataDisksOf(vm.properties).filter(({ lun }) => luns.includes(lun))
  const ids = [...(own === null ? [] : [own]), ...others.map(({ diskId }) => diskId)]
  for (const id of ids) await requireUnlocked(tables, id, 'write')
}
