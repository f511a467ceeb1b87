import { sizeNamed } from '../../catalogue/sizes.ts'
import type { MachinePlan } from '../host/machines.ts'
import type { NetworkPart } from '../network/planned.ts'
import type { Resource } from '../store.ts'
import { machineOwnerKeysOf } from './machine-owner-keys.ts'
import { takesCommands } from './run-command.ts'
import type { Seed } from './seed.ts'
import { at, generationOf, osTypeOf, securityOf, stateOf, textAt } from './vm.ts'

/**
 * A VM as its host makes it. `seed` null: none was kept.
 * @param part of its interface in its virtual network; null: none.
 * @param signatures the keys that its firmware begins with; null: its system's own.
 */
export function machinePlanOf(
  vm: Resource,
  seed: Seed | null,
  signatures: MachinePlan['signatures'],
  part: NetworkPart | null,
): MachinePlan {
  const { machine, macAddress, sshPort, image, osDiskGib = null, vtpmOf = null } = stateOf(vm)
  const size = sizeNamed(textAt(vm.properties, 'hardwareProfile', 'vmSize') ?? '')
  if (size === null) throw new Error(`${vm.id} has a size that is in no table`)
  const { secureBoot, vTpm } = securityOf(vm)
  return {
    id: machine,
    name: vm.name,
    vcpus: size.vcpusAvailable,
    memoryMiB: Math.round(size.memoryGib * 1024),
    ...{ image: image ?? imageNameOf(vm), osDiskGib },
    ...{ signatures, vtpmOf },
    ...{ secureBoot, vTpm, seed, machineOwnerKeys: machineOwnerKeysOf(vm.properties) },
    osType: osTypeOf(vm),
    generation: generationOf(vm),
    guestCommands: takesCommands(vm),
    network: { macAddress: macAddress.replaceAll('-', ':').toLowerCase(), sshPort, part },
  }
}

/** Of a VM made before its image's name was kept: it was one of ours. */
function imageNameOf(vm: Resource): string {
  const reference = at(vm.properties, 'storageProfile', 'imageReference')
  return textAt(reference, 'offer') ?? ''
}
