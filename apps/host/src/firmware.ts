import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { MalformedError } from '@trusted-launch/codec'
import {
  decodeVariableStore,
  encodeVariableStore,
  type MoreSignatures,
  type SecureBootTemplate,
  sameVariables,
  secureBootState,
  UefiError,
  variablesOfTemplate,
  withMachineOwnerKeys,
  withMoreSignatures,
  withSecureBoot,
} from '@trusted-launch/uefi'
import { HostError } from './errors.ts'

/** A firmware with Secure Boot behind System Management Mode, and a blank variable store for it. */
export interface Firmware {
  readonly code: string
  readonly variables: string
}

export type FirmwareErrorCode =
  | 'firmware-missing'
  | 'secure-boot-not-enforced'
  | 'variable-store-malformed'
  | 'variable-store-differs'

/** There is no firmware to start a VM with, or its variable store is not what was asked for. */
export class FirmwareError extends HostError<FirmwareErrorCode> {}

/** Where distributions keep the pair: code built with Secure Boot and SMM, and a blank store. */
const PAIRS: readonly Firmware[] = [
  ['/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE_4M.ms.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
].map(([code, variables]) => ({ code: code!, variables: variables! }))

/** The firmware of this host. @throws {FirmwareError} `firmware-missing` */
export function findFirmware(): Firmware {
  const found = PAIRS.find(({ code, variables }) => existsSync(code) && existsSync(variables))
  if (found !== undefined) return found
  throw new FirmwareError('firmware-missing', 'no OVMF with Secure Boot and SMM: install ovmf')
}

/**
 * The variable store file of a new VM: the blank one's layout, our keys; read back and compared.
 * @param signatures null: no keys, setup mode.
 * @param machineOwnerKeys certificates in DER that shim is to trust besides.
 * @throws {FirmwareError} `secure-boot-not-enforced` when Secure Boot is asked for and would not be.
 * @throws {UefiError} `VARIABLE_TOO_LARGE`: too many machine owner's keys.
 */
export async function makeVariableStore(
  firmware: Firmware,
  signatures: SecureBootTemplate | null,
  secureBoot: boolean,
  machineOwnerKeys: readonly Uint8Array[] = [],
): Promise<Uint8Array> {
  const template = variablesOfTemplate(signatures, secureBoot)
  const wanted = withMachineOwnerKeys(template, machineOwnerKeys)
  const file = encodeVariableStore(await readFile(firmware.variables), wanted)
  if (!sameVariables(decodeVariableStore(file), wanted))
    throw new FirmwareError('variable-store-differs', 'the variable store reads back otherwise')
  checkVariableStore(file, secureBoot)
  return file
}

/**
 * The variable store file of a VM that comes from elsewhere: its own variables in the layout of this firmware.
 * @param former OVMF's, as another host kept it.
 * @throws {FirmwareError} `variable-store-malformed`, `variable-store-differs`: it does not fit;
 *   `secure-boot-not-enforced` when Secure Boot is asked for and would not be.
 */
export async function takeVariableStore(
  firmware: Firmware,
  former: Uint8Array,
  secureBoot: boolean,
): Promise<Uint8Array> {
  const blank = await readFile(firmware.variables)
  try {
    const wanted = withSecureBoot(decodeVariableStore(former), secureBoot)
    const file = encodeVariableStore(blank, wanted)
    if (!sameVariables(decodeVariableStore(file), wanted))
      throw new FirmwareError('variable-store-differs', 'the variable store reads back otherwise')
    checkVariableStore(file, secureBoot)
    return file
  } catch (cause) {
    if (!(cause instanceof MalformedError) && !(cause instanceof UefiError)) throw cause
    throw new FirmwareError('variable-store-malformed', cause.message, { cause })
  }
}

/** The same store with Secure Boot switched on or off, as a person would in the firmware's setup; the same bytes where it is so. */
export function switchSecureBoot(file: Uint8Array, secureBoot: boolean): Uint8Array {
  const variables = decodeVariableStore(file)
  const wanted = withSecureBoot(variables, secureBoot)
  const changed = sameVariables(variables, wanted) ? file : encodeVariableStore(file, wanted)
  checkVariableStore(changed, secureBoot)
  return changed
}

/**
 * The variable store of an existing VM with more at the end of KEK, db and dbx, as far as it lacks it.
 * @throws {FirmwareError} `variable-store-malformed`. @throws {UefiError} more than the firmware keeps.
 */
export function addSignatures(file: Uint8Array, more: MoreSignatures): Uint8Array {
  try {
    const variables = decodeVariableStore(file)
    const wanted = withMoreSignatures(variables, more)
    return sameVariables(variables, wanted) ? file : encodeVariableStore(file, wanted)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new FirmwareError('variable-store-malformed', cause.message, { cause })
  }
}

/**
 * Whether the firmware will enforce with this store what was asked for. For every start: a guest
 * writes to its store too.
 * @throws {FirmwareError} `secure-boot-not-enforced`, `variable-store-malformed`
 */
export function checkVariableStore(file: Uint8Array, secureBoot: boolean): void {
  try {
    const state = secureBootState(decodeVariableStore(file))
    if (!secureBoot || state.enforced) return
    throw new FirmwareError(
      'secure-boot-not-enforced',
      `Secure Boot is asked for and would not be enforced: ${state.reason}`,
    )
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new FirmwareError('variable-store-malformed', cause.message, { cause })
  }
}
