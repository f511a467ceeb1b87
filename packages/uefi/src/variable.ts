import type { Reader } from '@trusted-launch/codec'
import { type Codec, fromUtf16le, placed, toUtf16le, u64le } from '@trusted-launch/codec'
import { EFI_GUID, GUIDS } from './guid.ts'

/** What identifies a UEFI variable: the name alone does not. UEFI 2.10, 8.2. */
export interface VariableName {
  readonly name: string
  readonly guid: string
}

const global = (name: string): VariableName => ({ name, guid: GUIDS.EFI_GLOBAL_VARIABLE })
const security = (name: string): VariableName => ({
  name,
  guid: GUIDS.EFI_IMAGE_SECURITY_DATABASE_GUID,
})
const shim = (name: string): VariableName => ({ name, guid: GUIDS.SHIM_LOCK_GUID })

/** The variables that decide what may boot, by name and GUID. UEFI 2.10, 3.3 and 32.3; edk2; shim. */
export const VARIABLES = Object.freeze({
  PK: global('PK'),
  KEK: global('KEK'),
  db: security('db'),
  dbx: security('dbx'),
  dbt: security('dbt'),
  dbr: security('dbr'),
  SecureBoot: global('SecureBoot'),
  SetupMode: global('SetupMode'),
  AuditMode: global('AuditMode'),
  DeployedMode: global('DeployedMode'),
  BootOrder: global('BootOrder'),
  BootNext: global('BootNext'),
  SecureBootEnable: {
    name: 'SecureBootEnable',
    guid: GUIDS.EFI_SECURE_BOOT_ENABLE_DISABLE_GUID,
  },
  CustomMode: { name: 'CustomMode', guid: GUIDS.EFI_CUSTOM_MODE_ENABLE_GUID },
  MemoryTypeInformation: {
    name: 'MemoryTypeInformation',
    guid: GUIDS.MEMORY_TYPE_INFORMATION,
  },
  Shim: shim('Shim'),
  SbatLevel: shim('SbatLevel'),
  MokList: shim('MokList'),
  MokListX: shim('MokListX'),
  MokListRT: shim('MokListRT'),
  MokListTrusted: shim('MokListTrusted'),
  MokSBState: shim('MokSBState'),
  vendor_db: shim('vendor_db'),
})

/** `Boot0007` for 7. UEFI 2.10, 3.1.3. */
export function bootOptionName(number: number): VariableName {
  return global(`Boot${number.toString(16).toUpperCase().padStart(4, '0')}`)
}

/** Both halves equal: PK of the shim's GUID is not PK. */
export function sameVariable(a: VariableName, b: VariableName): boolean {
  if (a.name !== b.name) return false
  return a.guid === b.guid || a.guid.toLowerCase() === b.guid.toLowerCase()
}

/** EFI_VARIABLE_* attributes. UEFI 2.10, 8.2. */
export const EFI_VARIABLE = Object.freeze({
  NON_VOLATILE: 0x01,
  BOOTSERVICE_ACCESS: 0x02,
  RUNTIME_ACCESS: 0x04,
  TIME_BASED_AUTHENTICATED_WRITE_ACCESS: 0x20,
})

/** A variable as the firmware measures it: the data of EV_EFI_VARIABLE_* events. */
export interface UEFI_VARIABLE_DATA {
  variableName: string
  unicodeName: string
  variableData: Uint8Array
}

const unicodeNameCharsMax = 1024
const variableDataBytesMax = 1 << 20

/**
 * UEFI_VARIABLE_DATA: GUID, two u64 lengths, the name in UTF-16 without NUL, the data.
 * Names are at most 1,024 characters and data 1 MiB. TCG PC Client Platform Firmware Profile, 10.2.6.
 */
export const UEFI_VARIABLE_DATA: Codec<UEFI_VARIABLE_DATA> = {
  name: 'UEFI_VARIABLE_DATA',
  read(from) {
    let reading = 'variableName'
    try {
      const variableName = EFI_GUID.read(from)
      reading = 'unicodeNameLength'
      const nameChars = lengthOf(from, unicodeNameCharsMax)
      reading = 'variableDataLength'
      const dataBytes = lengthOf(from, variableDataBytesMax)
      reading = 'unicodeName'
      const unicodeName = fromUtf16le(from.take(2 * nameChars))
      reading = 'variableData'
      return { variableName, unicodeName, variableData: from.take(dataBytes) }
    } catch (e) {
      throw placed(e, reading)
    }
  },
  write(to, value) {
    if (value.unicodeName.length > unicodeNameCharsMax) throw new RangeError('a name too long')
    if (value.variableData.length > variableDataBytesMax) throw new RangeError('data too long')
    EFI_GUID.write(to, value.variableName)
    u64le.write(to, BigInt(value.unicodeName.length))
    u64le.write(to, BigInt(value.variableData.length))
    to.put(toUtf16le(value.unicodeName))
    to.put(value.variableData)
  },
}

/** A length of 64 bits, of which the limits leave the low ones. */
function lengthOf(from: Reader, max: number): number {
  const at = from.skip(8)
  const low = from.view.getUint32(at, true)
  if (low <= max && from.view.getUint32(at + 4, true) === 0) return low
  from.offset = at
  throw from.malformed(`${u64le.read(from)}, more than ${max}`)
}
