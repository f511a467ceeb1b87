import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import { imageFactsOf, osDiskFault } from '../../catalogue/disk-security.ts'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import type { Link } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { requireNobodyElses } from './disk-holder.ts'
import { skuOf } from './disk-row.ts'
import { requireMayGrow, requireSizeGib, tooLarge } from './disk-size.ts'
import { at, type Notice, textAt } from './vm.ts'

const OS_DISK = ['storageProfile', 'osDisk'] as const
const TYPE = 'Microsoft.Compute/disks'

/** Whether a VM takes a disk that is there as its own, instead of having one made of an image. */
export function takesDisk(properties: JsonObject): boolean {
  return textAt(properties, ...OS_DISK, 'createOption')?.toLowerCase() === 'attach'
}

/** The disk that a body names as a VM's own. */
export function attachedLinks(properties: JsonObject): Link[] {
  const id = textAt(properties, ...OS_DISK, 'managedDisk', 'id')
  if (id === null || !takesDisk(properties)) return []
  const path = `properties.${OS_DISK.join('.')}.managedDisk.id`
  return [{ id, type: TYPE, action: `${TYPE}/write`, path }]
}

/**
 * The disk that a VM takes as its own, as the rules read an image: what was found on it, or what it says.
 * @throws {ArmError} not there, another VM's, or none that a system is on.
 */
export async function requireOwnDisk(
  tables: Tables,
  vm: string,
  properties: JsonObject,
): Promise<MarketplaceImage> {
  refuseImage(properties)
  const disk = await namedDisk(tables, properties)
  await requireNobodyElses(tables, disk, vm)
  const osType = textAt(disk.properties, 'osType')
  if (osType !== 'Linux' && osType !== 'Windows')
    throw new ArmError(
      faults.operationNotAllowed(
        `Disk '${disk.name}' has no osType: it was made as a data disk.`,
        `${OS_DISK.join('.')}.managedDisk.id`,
      ),
    )
  const seen = (disk.state.examination as unknown as Examination | undefined) ?? null
  const facts = {
    hyperVGeneration: seen?.hyperVGeneration ?? generationIn(disk),
    architecture: seen?.architecture ?? 'x64',
    securityType: textAt(disk.properties, 'securityProfile', 'securityType'),
    supportedSecurityOption: seen?.securityType ?? null,
  }
  const asked = textAt(properties, 'securityProfile', 'securityType')
  const fault = asked === 'Standard' || asked === 'TrustedLaunch' ? osDiskFault(asked, facts) : null
  if (fault !== null) throw new ArmError(fault)
  return {
    ...{ publisher: '', offer: disk.name, sku: '', versions: [], osType },
    ...imageFactsOf(facts),
    distribution: seen?.distribution ?? null,
    osDiskGib: Number(disk.properties.diskSizeGB ?? 1),
    host: `disk:${keyOf(disk.id)}`,
  }
}

async function namedDisk({ resources }: Tables, properties: JsonObject): Promise<Resource> {
  const id = textAt(properties, ...OS_DISK, 'managedDisk', 'id')
  if (id === null) throw new ArmError(faults.missingParameter('osDisk.managedDisk.id'))
  const disk = await resources.get(id)
  if (disk === null) throw new ArmError(faults.resourceNotFound(id))
  if (disk.provisioningState === 'Succeeded') return disk
  throw new ArmError(faults.operationNotAllowed(`Disk ${disk.name} is not there yet.`))
}

/** It is the VM's from now on, and may become larger with it. @returns `storageProfile` with it. @throws {ArmError} */
export async function takeDisk(
  { tables, at: now }: Moment,
  vm: string,
  properties: JsonObject,
  hostGib: number,
): Promise<JsonObject> {
  const disk = await namedDisk(tables, properties)
  const storage = at(properties, 'storageProfile') as JsonObject
  const asked = storage.osDisk as JsonObject
  const had = Number(disk.properties.diskSizeGB ?? 1)
  const diskSizeGB = requireSizeGib(asked.diskSizeGB ?? had, 'osDisk.diskSizeGB')
  await requireMayGrow(tables, disk.id, had, diskSizeGB)
  if (diskSizeGB > Math.max(had, hostGib)) throw new ArmError(tooLarge(diskSizeGB, hostGib))
  const change = {
    properties: { ...disk.properties, diskSizeGB },
    state: { ...disk.state, managedBy: vm },
  }
  await tables.resources.update(disk.id, change, now)
  const managedDisk = {
    storageAccountType: skuOf(disk),
    ...(asked.managedDisk as JsonObject),
    id: disk.id,
  }
  const own = { caching: 'ReadWrite', deleteOption: 'Detach', ...asked, diskSizeGB }
  const osDisk = { ...own, osType: disk.properties.osType!, name: disk.name, managedDisk }
  return { storageProfile: { dataDisks: [], ...storage, osDisk } }
}

/** @throws {ArmError} Azure's words. */
function refuseImage(properties: JsonObject): void {
  if (at(properties, 'storageProfile', 'imageReference') === undefined) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message:
      'Cannot attach an existing OS disk if the VM is created from a platform or user image.',
    target: 'osDisk',
  })
}

/** What stands on a disk that was a VM's own. */
function generationIn({ properties }: Resource): 'V1' | 'V2' {
  return textAt(properties, 'hyperVGeneration') === 'V1' ? 'V1' : 'V2'
}

/** A VM's vTPM does not come with a disk, unlike Azure's guest state. */
export const newVtpm: Notice = {
  code: 'TrustedLaunch/NewVtpm',
  level: 'Warning',
  message:
    'This VM has a vTPM of its own: what its disk sealed to the one it had before stays closed, and is opened by its recovery key.',
}

/** A system that ran before has its users already. @throws {ArmError} Azure's words. */
export function refuseOsProfile(properties: JsonObject): void {
  if (at(properties, 'osProfile') === undefined) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message: "Parameter 'osProfile' is not allowed.",
    target: 'osProfile',
  })
}

/** The id of a VM's own disk. */
export function ownDiskOf(vm: Pick<Resource, 'properties'>): string | null {
  return textAt(vm.properties, ...OS_DISK, 'managedDisk', 'id')
}

/** The id of a VM's own disk that stays when the VM goes; null: none does. */
export function ownDiskThatStays(vm: Pick<Resource, 'properties'>): string | null {
  const goes = textAt(vm.properties, ...OS_DISK, 'deleteOption')?.toLowerCase() === 'delete'
  return goes ? null : ownDiskOf(vm)
}
