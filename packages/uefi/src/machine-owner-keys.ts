import { encode } from '@trusted-launch/codec'
import { UefiError } from './errors.ts'
import { GUIDS } from './guid.ts'
import { certificateList, SignatureDatabase } from './signature-list.ts'
import { EFI_VARIABLE, VARIABLES } from './variable.ts'
import { plainVariable, type VariableStore } from './variable-store.ts'

/** The most that OVMF lets shim mirror as one variable: its PcdMaxVariableSize, less what else a record holds. */
export const MOK_LIST_BYTES_MAX = 0x1f00

/**
 * A store in which shim finds these machine owner's keys, as if `mokutil --import` had been confirmed at the
 * console: signature lists owned by shim, which only boot services see (shim deletes a list that a running
 * system could have written). What does not start through shim never looks at them.
 * @param certificates X.509 in DER; none: the store as it is.
 * @throws {UefiError} `VARIABLE_TOO_LARGE`: together over {@link MOK_LIST_BYTES_MAX}.
 * @see shim, mok.c, `mok_state_variables`
 */
export function withMachineOwnerKeys(
  store: VariableStore,
  certificates: readonly Uint8Array[],
): VariableStore {
  if (certificates.length === 0) return store
  const lists = certificates.map((der) => certificateList(GUIDS.SHIM_LOCK_GUID, der))
  const data = encode(SignatureDatabase, lists)
  if (data.length > MOK_LIST_BYTES_MAX)
    throw new UefiError('VARIABLE_TOO_LARGE', VARIABLES.MokList.name, `${data.length} bytes`)
  const { NON_VOLATILE, BOOTSERVICE_ACCESS } = EFI_VARIABLE
  return store.with(plainVariable(VARIABLES.MokList, data, NON_VOLATILE | BOOTSERVICE_ACCESS))
}
