import { ArmError, faults } from '@trusted-launch/api'
import { type Clearance, clearFailure } from '@trusted-launch/attestation'
import { alertKindOf, isOpen } from '@trusted-launch/posture'
import { alertOf, alertRowsOf } from './alerts.ts'
import { standingOf } from './standing.ts'
import type { Resource, Tables } from './store.ts'
import { keepRemembered, rememberedOf } from './vm/remembered.ts'
import { stateOf } from './vm/vm.ts'

/**
 * Clears the failure that is remembered of a VM, where no alert of one is open whose closing would: a VM without the
 * extension has none. Part of a transaction.
 * @throws {ArmError} `OperationNotAllowed`: there is none, or an alert of it is open.
 */
export async function clearFailureOf(
  tables: Tables,
  vm: Resource,
  clearance: Clearance,
): Promise<void> {
  const rows = await alertRowsOf(tables, vm)
  const open = rows.find((row) => isOpen(alertOf(row)) && alertKindOf(alertOf(row).type).isFailure)
  if (open !== undefined)
    throw new ArmError(
      faults.operationNotAllowed(
        `An alert of a failure of the virtual machine '${vm.name}' is open (${open.name}): resolve or dismiss that, and the failure is cleared with it.`,
      ),
    )
  const standing = await standingOf(tables, vm, rows.map(alertOf))
  if (standing.failure === null)
    throw new ArmError(
      faults.operationNotAllowed(
        `The virtual machine '${vm.name}' has no failure that waits to be cleared.`,
      ),
    )
  await clearRemembered(tables, vm, clearance)
}

/** Takes the failure off what is remembered, where there is one. */
export async function clearRemembered(
  { values }: Pick<Tables, 'values'>,
  vm: Resource,
  clearance: Clearance,
): Promise<void> {
  const { vmId } = stateOf(vm)
  const { vm: memory, ...more } = await rememberedOf(values, vmId)
  const standing = clearFailure(memory.standing, clearance)
  await keepRemembered(values, vmId, { ...more, vm: { ...memory, standing } })
}
