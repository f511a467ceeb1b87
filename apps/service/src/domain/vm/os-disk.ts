import { parseResourceId } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../store.ts'
import type { Decision } from './security.ts'

export const DISK = 'Microsoft.Compute/disks'

/** The row of a VM's own disk, as Azure keeps one beside the VM. */
export function diskRow(given: {
  readonly id: string
  readonly vm: string
  readonly asked: JsonObject
  readonly decision: Decision
  readonly osType: string
  readonly location: string
  readonly now: number
}): Omit<Resource, 'etag' | 'changedAt'> {
  const { id, vm, asked, decision, osType, location, now } = given
  const { subscriptionId, resourceGroup, names } = parseResourceId(id)!
  return {
    ...{
      id,
      type: DISK,
      name: names[0]!,
      subscriptionId: subscriptionId!,
      resourceGroup,
      parentId: null,
    },
    ...{ location, tags: {}, envelope: { sku: { name: 'Premium_LRS', tier: 'Premium' } } },
    properties: {
      ...{ osType, hyperVGeneration: 'V2', creationData: { createOption: 'FromImage' } },
      ...(asked.diskSizeGB !== undefined && { diskSizeGB: asked.diskSizeGB }),
      ...(decision.isTrustedLaunch && { securityProfile: { securityType: 'TrustedLaunch' } }),
    },
    ...{ state: { managedBy: vm }, provisioningState: 'Succeeded', createdAt: now },
  }
}
