import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import { imageFactsOf } from '../../catalogue/disk-security.ts'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import type { Link } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from './vm.ts'

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
  const disk = await namedDisk(tables, properties)
  const holder = textAt(disk.state, 'managedBy')
  if (holder !== null && keyOf(holder) !== keyOf(vm)) throw new ArmError(inUse(disk.name, holder))
  const osType = textAt(disk.properties, 'osType')
  if (osType !== 'Linux' && osType !== 'Windows')
    throw new ArmError(
      faults.operationNotAllowed(
        `Disk '${disk.name}' has no osType: it was made as a data disk.`,
        `${OS_DISK.join('.')}.managedDisk.id`,
      ),
    )
  const seen = (disk.state.examination as unknown as Examination | undefined) ?? null
  return {
    ...{ publisher: '', offer: disk.name, sku: '', versions: [], osType },
    ...imageFactsOf({
      hyperVGeneration: seen?.hyperVGeneration ?? 'V2',
      architecture: seen?.architecture ?? 'x64',
      securityType: textAt(disk.properties, 'securityProfile', 'securityType'),
      supportedSecurityOption: seen?.securityType ?? null,
    }),
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

/** It is the VM's from now on. @returns `storageProfile` with it. */
export async function takeDisk(
  { tables, at: now }: Moment,
  vm: string,
  properties: JsonObject,
): Promise<JsonObject> {
  const disk = await namedDisk(tables, properties)
  await tables.resources.update(disk.id, { state: { ...disk.state, managedBy: vm } }, now)
  const storage = at(properties, 'storageProfile') as JsonObject
  const asked = storage.osDisk as JsonObject
  const managedDisk = {
    storageAccountType: 'Premium_LRS',
    ...(asked.managedDisk as JsonObject),
    id: disk.id,
  }
  const own = { caching: 'ReadWrite', deleteOption: 'Detach', ...asked }
  const osDisk = { ...own, osType: disk.properties.osType!, name: disk.name, managedDisk }
  return { storageProfile: { dataDisks: [], ...storage, osDisk } }
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

/** The id of a VM's own disk that stays when the VM goes; null: none does. */
export function ownDiskThatStays(vm: Pick<Resource, 'properties'>): string | null {
  const osDisk = at(vm.properties, ...OS_DISK)
  const goes = textAt(osDisk, 'deleteOption')?.toLowerCase() === 'delete'
  return goes ? null : textAt(osDisk, 'managedDisk', 'id')
}

function inUse(name: string, holder: string): Fault {
  return {
    status: 409,
    code: 'AttachDiskWhileBeingDetached',
    message: `Disk '${name}' is attached to ${holder}: it cannot be attached once more.`,
    target: 'osDisk',
  }
}
