import { parseResourceId } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../store.ts'

export const DISK = 'Microsoft.Compute/disks'

/** The row of a disk that is made along with a VM, and is its own. */
export function diskRow(given: {
  readonly id: string
  readonly vm: string
  readonly properties: JsonObject
  readonly location: string
  readonly now: number
}): Omit<Resource, 'etag' | 'changedAt'> {
  const { id, vm, properties, location, now } = given
  const { subscriptionId, resourceGroup, names } = parseResourceId(id)!
  return {
    ...{ id, type: DISK, name: names[0]!, subscriptionId: subscriptionId!, resourceGroup },
    ...{ parentId: null, location, tags: {}, properties },
    envelope: { sku: { name: 'Premium_LRS', tier: 'Premium' } },
    ...{ state: { managedBy: vm, madeFor: vm }, provisioningState: 'Succeeded', createdAt: now },
  }
}

/** A disk's state once its VM let it go: it was made for none from then on. */
export function nobodys({ madeFor: _, ...state }: JsonObject): JsonObject {
  return { ...state, managedBy: null }
}
