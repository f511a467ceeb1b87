import {
  type MoreSignatures,
  VARIABLES,
  type VariableName,
  type VariableStore,
} from '@trusted-launch/uefi'
import type { MachinePlan } from './machines.ts'

/** KEK, db and dbx of a VM's variable store, byte for byte; empty: not there. */
export type FirmwareKeys = Readonly<Record<'KEK' | 'db' | 'dbx', Uint8Array>>

/** Those of a store. */
export function firmwareKeysIn(store: VariableStore): FirmwareKeys {
  const dataOf = (variable: VariableName) => store.get(variable)?.data ?? new Uint8Array(0)
  const { KEK, db, dbx } = VARIABLES
  return { KEK: dataOf(KEK), db: dataOf(db), dbx: dataOf(dbx) }
}

/** What the firmware of VMs of a host trusts and forbids. */
export interface FirmwareKeyDriver {
  /** What the variable store of a VM has now, also while it runs; null: no UEFI starts it, or it is not made. */
  variables(id: string): Promise<VariableStore | null>
  /**
   * What the disk of a stopped VM starts, and its firmware would refuse with these keys and does not now: `loader`,
   * `GRUB`, `kernel`; null: nothing, or it can't be told. @throws {ArmError} its firmware keeps no more.
   */
  refusesWith(id: string, more: MoreSignatures): Promise<string | null>
  /**
   * Adds keys to those of a stopped VM, as far as it has them not, and first to what it is to measure. Done again it is
   * the same. @returns what its firmware has then. @throws {ArmError} its firmware keeps no more.
   */
  addFirmwareKeys(
    plan: MachinePlan,
    more: MoreSignatures,
    signal: AbortSignal,
  ): Promise<FirmwareKeys>
  /** What the disk of a stopped VM lacks to boot by UEFI: `a GPT …`; none: nothing. */
  lacksForUefi(id: string): Promise<readonly string[]>
}
