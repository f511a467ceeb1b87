import { ArmError, faults, keyOf, nameOf, parseResourceId } from '@trusted-launch/api'
import { dataDisksFault } from '../../catalogue/host-capacity.ts'
import { sizeNamed } from '../../catalogue/sizes.ts'
import type { DiskPlan } from '../host/machines.ts'
import { type Link, listIn, requireMadeName } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { Json, JsonObject, Resource } from '../store.ts'
import { diskThere, ownedBy, requireNobodyElses } from './disk-holder.ts'
import { DISK, skuOf } from './disk-row.ts'
import { requireMayGrow, requireSizeGib } from './disk-size.ts'
import { makeEmpty, SIZE_DEFAULT_GIB } from './empty-disk.ts'
import { at, textAt } from './vm.ts'

export const LUN_MAX = 63

/**
 * The data disks that a VM is to have: new ones are made as resources, those there are become its own. Those it
 * does not name any more are its own until its host let them go (`leaving.ts`).
 * @returns `storageProfile` with each one's id and size. @throws {ArmError}
 */
export async function planDataDisks(
  moment: Moment,
  vm: string,
  properties: JsonObject,
): Promise<JsonObject> {
  const storage = at(properties, 'storageProfile') as JsonObject
  const asked = storage.dataDisks
  const wanted = (listIn(asked) as readonly JsonObject[]).filter(
    (disk) => disk.toBeDetached !== true,
  )
  requireLuns(properties, wanted)
  requireDistinct(vm, storage, wanted)
  const planned = []
  for (const disk of wanted) planned.push(await planOne(moment, vm, disk))
  return { ...properties, storageProfile: { ...storage, dataDisks: planned } }
}

function requireLuns(properties: JsonObject, wanted: readonly JsonObject[]): void {
  const luns = wanted.map(({ lun }) => lun)
  const isGood = luns.every(
    (lun) => Number.isInteger(lun) && Number(lun) >= 0 && Number(lun) <= LUN_MAX,
  )
  if (!isGood || new Set(luns).size !== luns.length)
    throw new ArmError(faults.invalidParameter('dataDisk.lun'))
  const size = sizeNamed(textAt(properties, 'hardwareProfile', 'vmSize') ?? '')
  const fault = size === null ? null : dataDisksFault(size, wanted.length)
  if (fault !== null) throw new ArmError(fault)
}

/** One disk is at one place, and none is the VM's own. @throws {ArmError} */
function requireDistinct(vm: string, storage: JsonObject, wanted: readonly JsonObject[]): void {
  const own = textAt(storage, 'osDisk', 'managedDisk', 'id')
  const ids = wanted.map((disk) => diskIdOf(vm, disk))
  const seen = new Set(own === null ? [] : [keyOf(own)])
  for (const id of ids) {
    if (seen.has(keyOf(id))) throw new ArmError(ownedBy(id, vm))
    seen.add(keyOf(id))
  }
}

/** The data disks that a body names, and those it has made: both need the right to write them. */
export function dataDiskLinks(vm: string, properties: JsonObject): Link[] {
  return listIn(at(properties, 'storageProfile', 'dataDisks')).map((disk, i) => ({
    id: diskIdOf(vm, disk),
    type: DISK,
    action: `${DISK}/write`,
    path: `properties.storageProfile.dataDisks[${i}].managedDisk.id`,
  }))
}

/** By its id, or by its name in the VM's group; without both it has one made of its place. */
function diskIdOf(vm: string, disk: Json): string {
  const named = textAt(disk, 'managedDisk', 'id')
  if (named !== null) return named
  const byPlace = `${vm.split('/').at(-1)}_DataDisk_${at(disk, 'lun')}`
  const name = requireMadeName(textAt(disk, 'name') ?? byPlace, 'dataDisk.name')
  return `${vm.split('/providers/')[0]}/providers/${DISK}/${name}`
}

async function planOne(moment: Moment, vm: string, disk: JsonObject): Promise<JsonObject> {
  const id = diskIdOf(vm, disk)
  const name = textAt(disk, 'name') ?? nameOf(parseResourceId(id)!)
  const found = await moment.tables.resources.get(id)
  const row = found ?? (await makeEmpty(moment, vm, id, disk))
  if (row.provisioningState !== 'Succeeded')
    throw new ArmError(faults.operationNotAllowed(`Disk ${row.name} is not there yet.`))
  await requireNobodyElses(moment.tables, row, vm)
  if (found !== null) requireNotToBeMade(disk, found, vm)
  const size = Number(row.properties.diskSizeGB ?? SIZE_DEFAULT_GIB)
  const grown = requireSizeGib(disk.diskSizeGB ?? size, 'dataDisk.diskSizeGB')
  await requireMayGrow(moment.tables, id, size, grown)
  const change = {
    state: { ...row.state, managedBy: vm },
    properties: { ...row.properties, diskSizeGB: grown },
  }
  await moment.tables.resources.update(id, change, moment.at)
  const managedDisk = {
    storageAccountType: skuOf(row),
    ...(at(disk, 'managedDisk') as JsonObject | undefined),
    id,
  }
  return {
    createOption: 'Attach',
    caching: 'None',
    deleteOption: 'Detach',
    ...disk,
    name,
    diskSizeGB: grown,
    managedDisk,
  }
}

/** What is to be made empty is no disk that is there, with what is on it, but for the VM's own. @throws {ArmError} 409 */
function requireNotToBeMade(disk: JsonObject, { id, name, state }: Resource, vm: string): void {
  const isOwn = keyOf(textAt(state, 'managedBy') ?? '') === keyOf(vm)
  if (isOwn || keyOf(textAt(disk, 'createOption') ?? '') !== 'empty') return
  throw new ArmError(diskThere(id, name))
}

/** The data disks of a VM as its host attaches them. */
export function dataDisksOf(properties: Json | undefined): DiskPlan[] {
  const disks = at(properties, 'storageProfile', 'dataDisks')
  if (!Array.isArray(disks)) return []
  return disks.flatMap((disk) => {
    const diskId = textAt(disk, 'managedDisk', 'id')
    const sizeGiB = Number(at(disk, 'diskSizeGB') ?? SIZE_DEFAULT_GIB)
    return diskId === null ? [] : [{ lun: Number(at(disk, 'lun')), diskId, sizeGiB }]
  })
}
