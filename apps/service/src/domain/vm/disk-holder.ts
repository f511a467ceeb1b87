import { ArmError, type Fault, keyOf, parseResourceId } from '@trusted-launch/api'
import { isMachine } from '../machines.ts'
import type { Resource, Tables } from '../store.ts'
import { leavingOf } from './leaving.ts'
import { textAt } from './vm.ts'

/**
 * A disk is one VM's at a time: nobody's, or that VM's already. Also one that its VM does not name any more is the
 * VM's until its host let it go. @throws {ArmError} 409, Azure's words.
 */
export async function requireNobodyElses(
  { resources }: Pick<Tables, 'resources'>,
  disk: Resource,
  vm: string,
): Promise<void> {
  const holder = textAt(disk.state, 'managedBy')
  if (holder === null || keyOf(holder) === keyOf(vm)) return
  const found = await resources.get(holder)
  const isVm = found !== null && isMachine(found)
  const isLeaving = isVm && leavingOf(found).some((id) => keyOf(id) === keyOf(disk.id))
  throw new ArmError(isLeaving ? beingDetached(disk, vm) : ownedBy(disk.id, holder))
}

export function ownedBy(id: string, holder: string): Fault {
  return {
    status: 409,
    code: 'ConflictingUserInput',
    message: `Disk '${id}' cannot be attached as the disk is already owned by VM '${holder}'.`,
    target: id,
  }
}

/** What is to be made with a VM is there. */
export function diskThere(id: string, name: string): Fault {
  return {
    status: 409,
    code: 'ConflictingUserInput',
    message: `Disk ${name} already exists in resource group ${parseResourceId(id)!.resourceGroup}. Only CreateOption.Attach is supported.`,
  }
}

function beingDetached({ id, name }: Resource, vm: string): Fault {
  return {
    status: 409,
    code: 'AttachDiskWhileBeingDetached',
    message: `Cannot attach data disk '${name}' to VM '${vm.split('/').at(-1)}' because the disk is currently being detached or the last detach operation failed. Please wait until the disk is completely detached and then try again or delete/detach the disk explicitly again.`,
    target: id,
  }
}
