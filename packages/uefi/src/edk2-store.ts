import {
  bytes,
  type Codec,
  constant,
  encode,
  fromUtf16le,
  MalformedError,
  type Of,
  Reader,
  struct,
  toUtf16le,
  u8,
  u16le,
  u32le,
  u64le,
  Writer,
  within,
} from '@trusted-launch/codec'
import { EFI_TIME } from './efi-time.ts'
import { UefiError } from './errors.ts'
import { EFI_GUID, GUIDS } from './guid.ts'

const storeFileBytesMax = 4 << 20
const variableNameBytesMax = 2048
/** PcdMaxAuthVariableSize of OVMF with SMM and 4 MiB of flash: name and data of one variable. */
const variableDataBytesMax = 0x8400
const variablesMax = 8192
const erased = 0xff

/** The flash volume's header, without its block map. UEFI PI 1.7, volume 3, 3.2.1. */
const EFI_FIRMWARE_VOLUME_HEADER = struct('EFI_FIRMWARE_VOLUME_HEADER', {
  zeroVector: bytes(16),
  fileSystemGuid: EFI_GUID,
  fvLength: u64le,
  signature: constant(u32le, 0x4856465f),
  attributes: u32le,
  headerLength: u16le,
  checksum: u16le,
  extHeaderOffset: constant(u16le, 0),
  reserved: constant(u8, 0),
  revision: u8,
})

/** edk2, MdeModulePkg/Include/Guid/VariableFormat.h: formatted and healthy. */
const VARIABLE_STORE_HEADER = struct('VARIABLE_STORE_HEADER', {
  signature: EFI_GUID,
  size: u32le,
  format: constant(u8, 0x5a),
  state: constant(u8, 0xfe),
  reserved: constant(u16le, 0),
  reserved1: constant(u32le, 0),
})
const storeHeaderBytes = 28

/** The states a record goes through: bits are only ever cleared. */
export const VAR_STATE = Object.freeze({
  ADDED: 0x3f,
  IN_DELETED_TRANSITION: 0x3e,
  DELETED_AFTER_TRANSITION: 0x3c,
  DELETED: 0x3d,
})

/** One record of the store, deleted ones too. edk2, AUTHENTICATED_VARIABLE_HEADER. */
export interface AUTHENTICATED_VARIABLE {
  state: number
  attributes: number
  monotonicCount: bigint
  timeStamp: EFI_TIME
  pubKeyIndex: number
  vendorGuid: string
  name: string
  data: Uint8Array
}

const recordHead = struct('AUTHENTICATED_VARIABLE_HEADER', {
  startId: constant(u16le, 0x55aa),
  state: u8,
  reserved: constant(u8, 0),
  attributes: u32le,
  monotonicCount: u64le,
  timeStamp: EFI_TIME,
  pubKeyIndex: u32le,
  nameSize: u32le,
  dataSize: u32le,
  vendorGuid: EFI_GUID,
})

/** A record: its header, its name in UTF-16 with NUL, its data (at most 33,792 bytes). */
export const AUTHENTICATED_VARIABLE: Codec<AUTHENTICATED_VARIABLE> = {
  name: 'AUTHENTICATED_VARIABLE',
  read(from) {
    const { startId, reserved, nameSize, dataSize, ...head } = recordHead.read(from)
    if (nameSize > variableNameBytesMax || dataSize > variableDataBytesMax)
      throw from.malformed(`a name of ${nameSize} or data of ${dataSize} bytes, more than allowed`)
    const name = within('name', () => nameOf(from, nameSize))
    return { ...head, name, data: within('data', () => from.take(dataSize)) }
  },
  write(to, { name, data, ...head }) {
    const nameBytes = toUtf16le(`${name}\0`)
    const sizes = { nameSize: nameBytes.length, dataSize: data.length }
    recordHead.write(to, { startId: 0x55aa, reserved: 0, ...head, ...sizes })
    to.put(nameBytes)
    to.put(data)
  },
}

function nameOf(from: Reader, size: number): string {
  const text = fromUtf16le(from.take(size))
  if (!text.endsWith('\0') || text.indexOf('\0') !== text.length - 1)
    throw from.malformed('no single NUL at the end')
  return text.slice(0, -1)
}

/** Where things stand in the file, from its own headers. */
interface Layout {
  readonly variablesAt: number
  readonly variablesEnd: number
  readonly workingBlockAt: number | null
}

/**
 * The records of an OVMF variable store file (the NvVars firmware volume), in the order they stand,
 * deleted ones included.
 * @param file the whole flash file, at most 4 MiB.
 * @throws {MalformedError} not such a file, or a record that does not fit.
 */
export function readEdk2Store(file: Uint8Array): AUTHENTICATED_VARIABLE[] {
  const { variablesAt, variablesEnd } = layoutOf(file)
  const from = new Reader(file.subarray(variablesAt, variablesEnd), variablesAt)
  const records: AUTHENTICATED_VARIABLE[] = []
  while (from.remaining >= 2 && from.view.getUint16(from.offset, true) === 0x55aa) {
    if (records.length >= variablesMax) throw from.malformed(`more than ${variablesMax} records`)
    const path = `${AUTHENTICATED_VARIABLE.name}[${records.length}]`
    records.push(within(path, () => AUTHENTICATED_VARIABLE.read(from)))
    from.skip(Math.min(padding(from.position), from.remaining))
  }
  return records
}

/**
 * The same file with these records and nothing else in its variable store: erased flash after them,
 * and an empty write queue, so that no half-done write of the firmware comes back over them.
 * @throws {UefiError} VARIABLE_TOO_LARGE, VARIABLE_STORE_FULL.
 */
export function writeEdk2Store(
  file: Uint8Array,
  records: readonly AUTHENTICATED_VARIABLE[],
): Uint8Array {
  const { variablesAt, variablesEnd, workingBlockAt } = layoutOf(file)
  const to = new Writer(variablesEnd - variablesAt)
  for (const record of records) writeRecord(to, record)
  if (to.length > variablesEnd - variablesAt)
    throw new UefiError('VARIABLE_STORE_FULL', 'variable store', `${to.length} bytes do not fit`)
  const result = new Uint8Array(file).fill(erased, variablesAt)
  result.set(to.finish(), variablesAt)
  if (workingBlockAt !== null) result.set(workingBlockHeader(file, workingBlockAt), workingBlockAt)
  return result
}

function writeRecord(to: Writer, record: AUTHENTICATED_VARIABLE): void {
  if (record.data.length + 2 * record.name.length + 2 > variableDataBytesMax)
    throw new UefiError('VARIABLE_TOO_LARGE', record.name, `${record.data.length} bytes of data`)
  AUTHENTICATED_VARIABLE.write(to, record)
  const gap = padding(to.length)
  to.put(new Uint8Array(gap).fill(erased))
}

/** Records begin at multiples of 4. */
function padding(position: number): number {
  return (4 - (position % 4)) % 4
}

function layoutOf(file: Uint8Array): Layout {
  if (file.length > storeFileBytesMax)
    throw new MalformedError('variable store', 0, `${file.length} bytes, more than 4 MiB`)
  const from = new Reader(file)
  const volume = within('EFI_FIRMWARE_VOLUME_HEADER', () => readVolume(from, file.length))
  from.offset = volume.headerLength
  const at = from.offset
  const header = within('VARIABLE_STORE_HEADER', () => VARIABLE_STORE_HEADER.read(from))
  if (header.signature !== GUIDS.EFI_AUTHENTICATED_VARIABLE_GUID)
    throw new MalformedError('VARIABLE_STORE_HEADER.signature', at, 'no authenticated variables')
  if (header.size < storeHeaderBytes || at + header.size > file.length)
    throw new MalformedError('VARIABLE_STORE_HEADER.size', at + 16, `${header.size} does not fit`)
  const variablesEnd = at + header.size
  return {
    variablesAt: at + storeHeaderBytes,
    variablesEnd,
    workingBlockAt: findWorkingBlock(file, variablesEnd),
  }
}

function readVolume(from: Reader, size: number): Of<typeof EFI_FIRMWARE_VOLUME_HEADER> {
  const volume = EFI_FIRMWARE_VOLUME_HEADER.read(from)
  if (volume.fileSystemGuid !== GUIDS.EFI_SYSTEM_NV_DATA_FV_GUID)
    throw from.malformed(`volume ${volume.fileSystemGuid} holds no variables`)
  if (volume.fvLength !== BigInt(size))
    throw from.malformed(`a volume of ${volume.fvLength} bytes in a file of ${size}`)
  if (volume.headerLength % 4 !== 0 || volume.headerLength < 72 || volume.headerLength > 4096)
    throw from.malformed(`a header of ${volume.headerLength} bytes`)
  let sum = 0
  for (let i = 0; i < volume.headerLength; i += 2)
    sum = (sum + new Reader(from.bytes).view.getUint16(i, true)) & 0xffff
  if (sum !== 0) throw from.malformed('the header does not sum to zero')
  return volume
}

/** The fault-tolerant-write queue stands at the start of one of the 4 KiB blocks after the store. */
function findWorkingBlock(file: Uint8Array, after: number): number | null {
  const signature = encode(EFI_GUID, GUIDS.EDKII_WORKING_BLOCK_SIGNATURE_GUID)
  for (let at = (after + 4095) & ~4095; at + 32 <= file.length; at += 4096)
    if (signature.every((byte, i) => file[at + i] === byte)) return at
  return null
}

/** Signature, CRC, state, queue size: kept as they are; the queue after them becomes empty. */
function workingBlockHeader(file: Uint8Array, at: number): Uint8Array {
  return file.subarray(at, at + 32)
}
