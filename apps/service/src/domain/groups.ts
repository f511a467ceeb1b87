import { ArmError, faults } from '@trusted-launch/api'
import type { Resource, ResourceQuery, Tables } from './store.ts'

export const SUBSCRIPTION = 'Microsoft.Resources/subscriptions'
export const GROUP = 'Microsoft.Resources/resourceGroups'

/** @throws {ArmError} `SubscriptionNotFound` */
export async function requireSubscription(tables: Tables, id: string): Promise<Resource> {
  const found = await tables.resources.get(`/subscriptions/${id}`)
  if (found === null) throw new ArmError(faults.subscriptionNotFound(id))
  return found
}

/** @throws {ArmError} `ResourceGroupNotFound`, and 409 for one that is being deleted. */
export async function requireGroup(
  tables: Tables,
  subscriptionId: string,
  name: string,
): Promise<Resource> {
  await requireSubscription(tables, subscriptionId)
  const found = await tables.resources.get(groupId(subscriptionId, name))
  if (found === null) throw new ArmError(faults.resourceGroupNotFound(name))
  requireGroupStays(found)
  return found
}

/** @throws {ArmError} `ResourceGroupBeingDeleted` */
export function requireGroupStays({ name, provisioningState }: Resource): void {
  if (provisioningState === 'Deleting')
    throw new ArmError({
      status: 409,
      code: 'ResourceGroupBeingDeleted',
      message: `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
    })
}

export function groupId(subscriptionId: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${name}`
}

/** What a list at a scope is of: of a subscription or group what lies below it too, of anything else its own. */
export function withinOf({ id, type, subscriptionId, resourceGroup }: Resource) {
  const within: Partial<ResourceQuery> =
    type === SUBSCRIPTION
      ? { subscriptionId }
      : type === GROUP
        ? { subscriptionId, resourceGroup: resourceGroup! }
        : { parentId: id }
  return within
}
