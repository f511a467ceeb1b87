import { ArmError, faults } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../store.ts'
import { type Power, stateOf } from './vm.ts'

/** What clients can do with a VM that takes long. */
export interface VmAction {
  /** As its path says. */
  readonly name:
    | 'start'
    | 'powerOff'
    | 'restart'
    | 'deallocate'
    | 'redeploy'
    | 'reapply'
    | 'reimage'
    | 'simulateEviction'
  /** The type of its body, or null: it has none. */
  readonly model: string | null
  /** Only while the VM is in one of these; null: always. */
  readonly when: readonly Power[] | null
}

export const vmActions: readonly VmAction[] = [
  { name: 'start', model: null, when: null },
  { name: 'powerOff', model: null, when: null },
  { name: 'restart', model: null, when: ['running', 'starting'] },
  { name: 'deallocate', model: null, when: null },
  { name: 'redeploy', model: null, when: null },
  { name: 'reapply', model: null, when: null },
  { name: 'reimage', model: 'VirtualMachineReimageParameters', when: null },
  { name: 'simulateEviction', model: null, when: null },
]

/** @throws {ArmError} 409 */
export function requireNotGoing({ name, provisioningState }: Resource): void {
  if (provisioningState === 'Deleting')
    throw new ArmError(
      faults.operationNotAllowed(`The Virtual Machine '${name}' is being deleted.`),
    )
}

/** A reimage is of the image and the users that a VM has. @throws {ArmError} others are asked for. */
export function requireSameImage(asked: JsonObject): void {
  const kept: Readonly<Record<string, string>> = { osProfile: 'osProfile', exactVersion: 'image' }
  for (const [member, what] of Object.entries(kept))
    if (asked[member] != null)
      throw new ArmError(
        faults.operationNotAllowed(`A VM keeps its ${what} when it is reimaged.`, member),
      )
}

/** @throws {ArmError} 409: not with this VM, or not now. */
export function requireAction({ name, when }: VmAction, vm: Resource): void {
  const { power, generalized, image, converted } = stateOf(vm)
  requireNotGoing(vm)
  if (generalized && name !== 'deallocate')
    throw new ArmError(
      faults.operationNotAllowed(
        `Operation '${name}' is not allowed on VM '${vm.name}' since the VM is generalized.`,
      ),
    )
  if (name === 'reimage' && image?.startsWith('disk:') === true)
    throw new ArmError(
      faults.operationNotAllowed(
        `VM '${vm.name}' took a disk as its own: there is no image to put it back to.`,
      ),
    )
  if (name === 'reimage' && converted === true)
    throw new ArmError(
      faults.operationNotAllowed(
        `VM '${vm.name}' was converted from generation 1: its image would put a disk back that it can't start from.`,
      ),
    )
  if (name === 'simulateEviction' && (vm.properties as any).priority !== 'Spot')
    throw new ArmError(
      faults.operationNotAllowed(
        `Eviction can be simulated of Spot virtual machines only; '${vm.name}' is none.`,
      ),
    )
  if (when !== null && !when.includes(power))
    throw new ArmError(
      faults.operationNotAllowed(
        `Cannot ${name} the VM '${vm.name}': it is ${power}, not running.`,
      ),
    )
}
