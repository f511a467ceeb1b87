import type { Setup } from '@trusted-launch/posture'
import { extensionTypes } from '../../catalogue/extensions.ts'
import { everyOf } from '../every-of.ts'
import { listIn } from '../links.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, securityOf, textAt } from './vm.ts'

export const EXTENSION = 'Microsoft.Compute/virtualMachines/extensions'

/**
 * What was asked for of a VM's security. An extension counts from when it was put until it is deleted, whatever became of
 * it: a guest that does not answer while it is put would else end its own monitoring.
 */
export async function setupOf(tables: Tables, vm: Resource): Promise<Setup> {
  let hasExtension = false
  for await (const one of everyOf(tables, { type: EXTENSION, parentId: vm.id }))
    hasExtension ||= isGuestAttestation(one.properties) && one.provisioningState !== 'Deleting'
  return setup(vm, hasExtension)
}

/** What a scale set's model asks for: the extension is one of its list. */
export function setupOfModel(properties: JsonObject): Setup {
  const extensions = listIn(at(properties, 'extensionProfile', 'extensions'))
  return setup(
    { properties },
    extensions.some((one) => isGuestAttestation((at(one, 'properties') ?? {}) as JsonObject)),
  )
}

function setup(machine: Pick<Resource, 'properties'>, hasExtension: boolean): Setup {
  const { isTrustedLaunch, secureBoot, vTpm } = securityOf(machine)
  return {
    securityType: isTrustedLaunch ? 'TrustedLaunch' : 'Standard',
    secureBootEnabled: secureBoot,
    vTpmEnabled: vTpm,
    hasExtension,
  }
}

function isGuestAttestation(properties: JsonObject): boolean {
  const [publisher, type] = ['publisher', 'type'].map((name) =>
    (textAt(properties, name) ?? '').toLowerCase(),
  )
  const isIt = (one: { publisher: string; type: string }) =>
    one.publisher.toLowerCase() === publisher && one.type.toLowerCase() === type
  return extensionTypes.some(isIt)
}
