import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import { requireUnlocked } from '../locks.ts'
import { isMachine } from '../machines.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { withUnapplied } from './unapplied.ts'
import { at, stateJson, stateOf, textAt, type VmState } from './vm.ts'

export const SIZE_MAX_GIB = 32_767

/** @throws {ArmError} not 1 to 32,767 GiB. */
export function requireSizeGib(given: Json | undefined, target: string): number {
  const isGood = Number.isInteger(given) && Number(given) >= 1 && Number(given) <= SIZE_MAX_GIB
  if (!isGood) throw new ArmError(faults.invalidParameter(target))
  return Number(given)
}

/** A larger disk than the host keeps any on. */
export function tooLarge(sizeGib: number, hostGib: number): Fault {
  return {
    status: 409,
    code: 'AllocationFailed',
    message: `Allocation failed. A disk of ${sizeGib} GiB is larger than what this host keeps disks on, ${hostGib} GiB.`,
    target: 'diskSizeGB',
  }
}

/** A disk never gets smaller. @throws {ArmError} Azure's words. */
export function requireNotSmaller(id: string, was: number, now: number): void {
  if (now >= was) return
  throw new ArmError(
    faults.operationNotAllowed(
      `The disk/snapshot resource with id ${id} cannot be resized down. Reducing disk/snapshot size is not supported in Azure to prevent data loss. If you do need to reduce the size of the disk, please create new snapshot/disks with the appropriate size. More information is available at https://aka.ms/AzureDisksFAQ`,
      'diskSizeGB',
    ),
  )
}

/** A disk that its VM makes larger is changed by it. @throws {ArmError} smaller; `ScopeLocked` */
export async function requireMayGrow(
  tables: Tables,
  id: string,
  was: number,
  now: number,
): Promise<void> {
  requireNotSmaller(id, was, now)
  if (now > was) await requireUnlocked(tables, id, 'write')
}

function requireDeallocated(disk: string, vm: Resource): void {
  if (stateOf(vm).power === 'deallocated') return
  throw new ArmError(
    faults.operationNotAllowed(
      `Cannot resize disk ${disk} while it is attached to running VM ${vm.id}. Resizing a disk of an Azure Virtual Machine requires the virtual machine to be deallocated. Please stop your VM and retry the operation.`,
      'diskSizeGB',
    ),
  )
}

/** The size of a new VM's own disk, where that is more than its image has. @throws {ArmError} */
export function ownSizeOf(
  properties: JsonObject,
  imageGib: number,
  hostGib: number,
): Pick<VmState, 'osDiskGib'> {
  const asked = Number(at(properties, 'storageProfile', 'osDisk', 'diskSizeGB') ?? imageGib)
  if (!(asked > imageGib)) return {}
  if (asked > hostGib) throw new ArmError(tooLarge(asked, hostGib))
  return { osDiskGib: asked }
}

/** A VM's own disk grows by a change of the VM, while that is deallocated; its row grows with it. @throws {ArmError} */
export async function growOwn(
  tables: Tables,
  vm: Resource,
  properties: JsonObject,
  { hostGib, now }: { hostGib: number; now: number },
): Promise<Pick<VmState, 'osDiskGib'>> {
  const path = ['storageProfile', 'osDisk', 'diskSizeGB'] as const
  const [was, is] = [at(vm.properties, ...path), at(properties, ...path)]
  if (is === undefined || is === was) return {}
  const id = textAt(properties, 'storageProfile', 'osDisk', 'managedDisk', 'id') ?? ''
  const disk = await tables.resources.get(id)
  if (disk === null) return {}
  const size = requireSizeGib(is, 'osDisk.diskSizeGB')
  const had = Number(disk.properties.diskSizeGB ?? 0)
  if (size === had) return {}
  await requireMayGrow(tables, id, had, size)
  requireDeallocated(disk.name, vm)
  if (size > hostGib) throw new ArmError(tooLarge(size, hostGib))
  await tables.resources.update(id, { properties: { ...disk.properties, diskSizeGB: size } }, now)
  return { osDiskGib: size }
}

/**
 * A disk grows by a change of its own: what its VM says of it, which is deallocated, grows with it, and its bytes at
 * that VM's next start. @throws {ArmError}
 */
export async function growInVm(
  { resources }: Tables,
  disk: Resource,
  sizeGib: number,
  now: number,
): Promise<void> {
  const holder = textAt(disk.state, 'managedBy')
  const vm = holder === null ? null : await resources.get(holder)
  if (vm === null || !isMachine(vm)) return
  requireDeallocated(disk.name, vm)
  const storage = at(vm.properties, 'storageProfile') as JsonObject
  const isIt = (one: Json | undefined) =>
    keyOf(textAt(one, 'managedDisk', 'id') ?? '') === keyOf(disk.id)
  const grown = (one: Json) => (isIt(one) ? { ...(one as JsonObject), diskSizeGB: sizeGib } : one)
  const osDisk = grown(storage.osDisk!)
  const dataDisks = ((storage.dataDisks ?? []) as readonly Json[]).map(grown)
  const properties = { ...vm.properties, storageProfile: { ...storage, osDisk, dataDisks } }
  const own = isIt(storage.osDisk) ? { osDiskGib: sizeGib } : {}
  const { restart = false, secureBootBy = null } = stateOf(vm).unapplied ?? {}
  const left = withUnapplied(vm, properties, { restart, secureBootBy })
  const state = stateJson({ ...stateOf(vm), ...own, ...left })
  await resources.update(vm.id, { properties, state }, now)
}
