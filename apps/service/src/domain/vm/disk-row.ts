import { parseResourceId } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../store.ts'
import { textAt } from './vm.ts'

export const DISK = 'Microsoft.Compute/disks'

const SKU = 'Premium_LRS'

/** The row of a disk that is made along with a VM; of this sku, where the VM names one. */
export function diskRow(given: {
  readonly id: string
  readonly vm: string
  readonly properties: JsonObject
  readonly sku: string | null
  readonly location: string
  readonly now: number
}): Omit<Resource, 'etag' | 'changedAt'> {
  const { id, vm, properties, location, now } = given
  const name = given.sku ?? SKU
  const { subscriptionId, resourceGroup, names } = parseResourceId(id)!
  return {
    ...{ id, type: DISK, name: names[0]!, subscriptionId: subscriptionId!, resourceGroup },
    ...{ parentId: null, location, tags: {}, properties },
    envelope: { sku: { name, tier: /^premium/i.test(name) ? 'Premium' : 'Standard' } },
    ...{ state: { managedBy: vm, madeFor: vm }, provisioningState: 'Succeeded', createdAt: now },
  }
}

/** What a disk was asked to be of. */
export function skuOf({ envelope }: Pick<Resource, 'envelope'>): string {
  return textAt(envelope, 'sku', 'name') ?? SKU
}

/** A disk's state once its VM let it go: it was made for none from then on. */
export function nobodys({ madeFor: _, ...state }: JsonObject): JsonObject {
  return { ...state, managedBy: null }
}
