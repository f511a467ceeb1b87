import { randomBytes } from 'node:crypto'
import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import { requireMadeName } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject } from '../store.ts'
import { diskThere } from './disk-holder.ts'
import { DISK, diskRow, skuOf } from './disk-row.ts'
import { requireSizeGib } from './disk-size.ts'
import { changeRefused } from './fixed.ts'
import type { Decision } from './security.ts'
import { at, textAt } from './vm.ts'

/** The VM's own disk, as a resource beside it. @returns `storageProfile` with it. @throws {ArmError} */
export async function makeOsDisk(
  { tables, at: now, location }: Moment,
  id: string,
  properties: JsonObject,
  decision: Decision,
  {
    osType,
    hyperVGeneration,
    osDiskGib,
  }: Pick<MarketplaceImage, 'osType' | 'hyperVGeneration' | 'osDiskGib'>,
): Promise<JsonObject> {
  const storage = at(properties, 'storageProfile') as JsonObject
  const asked = { diskSizeGB: osDiskGib, ...(at(storage, 'osDisk') as JsonObject | undefined) }
  const option = textAt(asked, 'createOption') ?? 'FromImage'
  if (keyOf(option) !== 'fromimage')
    throw new ArmError(faults.invalidParameter('osDisk.createOption'))
  requireSize(asked, osDiskGib)
  const vmName = id.split('/').at(-1)!
  const made = `${vmName.slice(0, 32)}_OsDisk_1_${randomBytes(16).toString('hex')}`
  const name = requireMadeName(textAt(asked, 'name') ?? made, 'osDisk.name')
  const group = id.split('/providers/')[0]!
  const diskId = `${group}/providers/${DISK}/${name}`
  if ((await tables.resources.get(diskId)) !== null) throw new ArmError(diskThere(diskId, name))
  const row = {
    ...{ osType, hyperVGeneration, creationData: { createOption: 'FromImage' } },
    diskSizeGB: asked.diskSizeGB!,
    ...(decision.isTrustedLaunch && { securityProfile: { securityType: 'TrustedLaunch' } }),
  }
  const sku = textAt(asked, 'managedDisk', 'storageAccountType')
  const disk = await tables.resources.insert(
    diskRow({ id: diskId, vm: id, properties: row, sku, location, now }),
    now,
  )
  const managedDisk = {
    storageAccountType: skuOf(disk),
    ...(at(asked, 'managedDisk') as JsonObject | undefined),
    id: diskId,
  }
  const osDisk = {
    createOption: 'FromImage',
    caching: 'ReadWrite',
    deleteOption: 'Detach',
    ...asked,
    osType,
    name,
    managedDisk,
  }
  return { storageProfile: { dataDisks: [], ...storage, osDisk } }
}

/** @throws {ArmError} smaller than the image, or no size. */
function requireSize({ diskSizeGB: asked }: JsonObject, imageGib: number): void {
  if (requireSizeGib(asked, 'osDisk.diskSizeGB') >= imageGib) return
  throw new ArmError(
    faults.operationNotAllowed(
      `Disk with size ${asked}GB, which is smaller than the size ${imageGib}GB of corresponding disk in Image, is not allowed.`,
      'osDisk.diskSizeGB',
    ),
  )
}

/** A VM keeps the disk it was made with, named or not. @throws {ArmError} another is named. */
export function withOwnDisk(before: JsonObject, after: JsonObject): JsonObject {
  const was = at(before, 'storageProfile', 'osDisk') as JsonObject
  const storage = at(after, 'storageProfile') as JsonObject
  const is = (storage.osDisk ?? {}) as JsonObject
  for (const path of [['name'], ['managedDisk', 'id'], ['createOption'], ['osType']]) {
    const [old, asked] = [was, is].map((disk) => textAt(disk, ...path))
    if (asked != null && keyOf(asked) !== keyOf(old ?? ''))
      throw new ArmError(changeRefused(`osDisk.${path.join('.')}`))
  }
  const managedDisk = {
    ...(at(was, 'managedDisk') as JsonObject),
    ...(at(is, 'managedDisk') as JsonObject | undefined),
    id: textAt(was, 'managedDisk', 'id'),
  }
  const kept = { name: was.name!, createOption: was.createOption!, osType: was.osType! }
  const osDisk = { ...was, ...is, ...kept, managedDisk }
  return { storageProfile: { ...storage, osDisk } }
}

/** A VM's own disk is of its generation and security type, whatever these become. */
export async function alignOsDisk(
  { tables, at: now }: Moment,
  properties: JsonObject,
  {
    isTrustedLaunch,
    hyperVGeneration,
  }: Pick<Decision, 'isTrustedLaunch'> & { hyperVGeneration: 'V1' | 'V2' },
): Promise<void> {
  const id = textAt(properties, 'storageProfile', 'osDisk', 'managedDisk', 'id')
  const disk = id === null ? null : await tables.resources.get(id)
  if (disk === null) return
  const { securityProfile: was, ...rest } = disk.properties
  const is = isTrustedLaunch ? { securityType: 'TrustedLaunch' } : undefined
  const isSame =
    JSON.stringify(was) === JSON.stringify(is) && rest.hyperVGeneration === hyperVGeneration
  if (isSame) return
  const changed = { ...rest, hyperVGeneration, ...(is && { securityProfile: is }) }
  await tables.resources.update(disk.id, { properties: changed }, now)
}
