import { ArmError, faults } from '@trusted-launch/api'
import type { Machine } from '@trusted-launch/host'
import { type MoreSignatures, UefiError } from '@trusted-launch/uefi'
import { type FirmwareKeys, firmwareKeysIn } from '../domain/host/firmware-keys.ts'
import type { MachinePlan } from '../domain/host/machines.ts'
import { variablesOf } from './variables.ts'

/**
 * Adds keys to a stopped VM.
 * @param foretell writes down what it is to measure with them, before they are there: killed in between, all of it is
 * done again.
 */
export async function addFirmwareKeys(
  machine: Pick<Machine, 'spec' | 'readVariables' | 'keys'>,
  more: MoreSignatures,
  foretell: () => Promise<void>,
): Promise<FirmwareKeys> {
  await foretell()
  await roomFor(machine.spec.name, () => machine.keys.add(more))
  return firmwareKeysIn(await variablesOf(machine))
}

/** In words of the API. */
export async function roomFor<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UefiError)) throw error
    throw new ArmError(
      faults.operationNotAllowed(
        `The firmware of Virtual Machine '${name}' has no room for them: ${error.message}.`,
      ),
    )
  }
}

/** What a VM was made with, and got since, in place of what is made with now. */
export function withItsKeys({ spec }: Pick<Machine, 'spec'>, plan: MachinePlan): MachinePlan {
  return { ...plan, signatures: spec.signatures ?? plan.signatures }
}
