import { ArmError, parseResourceId } from '@trusted-launch/api'
import { requireGroup } from '../groups.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject, Resource } from '../store.ts'
import { diskRow } from './disk-row.ts'
import { requireSizeGib } from './disk-size.ts'
import { textAt } from './vm.ts'

export const SIZE_DEFAULT_GIB = 32

/** An empty data disk that is made with its VM. @throws {ArmError} another kind, or no size. */
export async function makeEmpty(
  { tables, at: now, location }: Moment,
  vm: string,
  id: string,
  disk: JsonObject,
): Promise<Resource> {
  if (textAt(disk, 'createOption')?.toLowerCase() !== 'empty')
    throw new ArmError({
      status: 404,
      code: 'ResourceNotFound',
      message: `Disk ${id} is not found.`,
      target: 'dataDisk.managedDisk.id',
    })
  const diskSizeGB = requireSizeGib(disk.diskSizeGB ?? SIZE_DEFAULT_GIB, 'dataDisk.diskSizeGB')
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  await requireGroup(tables, subscriptionId!, resourceGroup!)
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB }
  const sku = textAt(disk, 'managedDisk', 'storageAccountType')
  return tables.resources.insert(diskRow({ id, vm, properties, sku, location, now }), now)
}
