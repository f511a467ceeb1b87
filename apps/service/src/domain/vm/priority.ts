import { ArmError } from '@trusted-launch/api'
import type { JsonObject } from '../store.ts'
import { textAt } from './vm.ts'

/** Only what can be evicted has a policy for it. @throws {ArmError} as Azure's error codes of Spot VMs have it. */
export function requirePriority(properties: JsonObject): void {
  if (textAt(properties, 'evictionPolicy') === null) return
  if ((textAt(properties, 'priority') ?? 'Regular') !== 'Regular') return
  throw new ArmError({
    status: 400,
    code: 'EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines',
    message: 'Eviction policy can be set only on Azure Spot Virtual Machines.',
    target: 'evictionPolicy',
  })
}
