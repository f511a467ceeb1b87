import { ArmError, faults } from '@trusted-launch/api'
import type { Machine } from '@trusted-launch/host'
import {
  decodeVariableStore,
  type MoreSignatures,
  UefiError,
  VARIABLES,
  type VariableName,
} from '@trusted-launch/uefi'
import type { FirmwareKeys } from '../domain/host/firmware-keys.ts'
import type { MachinePlan } from '../domain/host/machines.ts'

/** What a VM's variable store holds of keys; null: a BIOS starts it. */
export async function firmwareKeysOf(
  machine: Pick<Machine, 'spec' | 'readVariables'>,
): Promise<FirmwareKeys | null> {
  if (machine.spec.firmware === 'bios') return null
  const store = decodeVariableStore(await machine.readVariables())
  const dataOf = (variable: VariableName) => store.get(variable)?.data ?? new Uint8Array(0)
  return {
    ...{ KEK: dataOf(VARIABLES.KEK), db: dataOf(VARIABLES.db), dbx: dataOf(VARIABLES.dbx) },
  }
}

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
  return (await firmwareKeysOf(machine))!
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
