import type { Setup } from '@trusted-launch/posture'
import { extensionTypes } from '../../catalogue/extensions.ts'
import { everyOf } from '../every-of.ts'
import type { Resource, Tables } from '../store.ts'
import { securityOf, textAt } from './vm.ts'

export const EXTENSION = 'Microsoft.Compute/virtualMachines/extensions'

/** What was asked for of a VM's security. An extension that is being installed counts: it attests at once. */
export async function setupOf(tables: Tables, vm: Resource): Promise<Setup> {
  const { isTrustedLaunch, secureBoot, vTpm } = securityOf(vm)
  let hasExtension = false
  for await (const one of everyOf(tables, { type: EXTENSION, parentId: vm.id }))
    hasExtension ||= isGuestAttestation(one)
  return {
    securityType: isTrustedLaunch ? 'TrustedLaunch' : 'Standard',
    secureBootEnabled: secureBoot,
    vTpmEnabled: vTpm,
    hasExtension,
  }
}

function isGuestAttestation({ properties, provisioningState }: Resource): boolean {
  const [publisher, type] = ['publisher', 'type'].map((name) =>
    (textAt(properties, name) ?? '').toLowerCase(),
  )
  const isIt = (one: { publisher: string; type: string }) =>
    one.publisher.toLowerCase() === publisher && one.type.toLowerCase() === type
  return extensionTypes.some(isIt) && !['Failed', 'Deleting'].includes(provisioningState)
}
