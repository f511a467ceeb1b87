import type { Resource, Tables } from '../store.ts'
import { DISK_POINT, requirePointDisk } from './restore-point.ts'

/**
 * A disk of a restore point as a row that an access can be written down in: there is none otherwise, and it goes with
 * the access. Part of a transaction. @throws {ArmError} there is no such disk, or its point is not there yet or going.
 */
export async function accessedPointDisk(
  { resources }: Pick<Tables, 'resources'>,
  asked: string,
): Promise<Resource> {
  const { row: point, disk } = await requirePointDisk({ resources }, asked)
  const id = `${point.id}/diskRestorePoints/${disk.name}`
  const known = await resources.get(id)
  if (known !== null) return known
  const { subscriptionId, resourceGroup, changedAt } = point
  return resources.insert(
    {
      ...{ id, type: DISK_POINT, name: disk.name, subscriptionId, resourceGroup },
      ...{ parentId: point.id, location: null, tags: {}, envelope: {} },
      properties: { ...disk.carried, diskSizeGB: disk.sizeGib },
      ...{ state: {}, provisioningState: 'Succeeded', createdAt: changedAt },
    },
    changedAt,
  )
}
