import {
  bytes,
  constant,
  decode,
  encode,
  equalBytes,
  fromHex,
  fromUtf16le,
  MalformedError,
  type Of,
  struct,
  u32le,
  u64le,
  within,
} from '@trusted-launch/codec'
import { crc32 } from './crc32.ts'
import { partOf, type RandomAccess } from './random-access.ts'

/** Bytes in a logical block of every disk read here. */
export const SECTOR_BYTES = 512

/** The partition type of an EFI system partition, C12A7328-F81F-11D2-BA4B-00A0C93EC93B, as on disk. */
export const EFI_SYSTEM_PARTITION = fromHex('28732ac11ff8d211ba4b00a0c93ec93b')

/** More than this is no partition table anybody wrote in good faith. UEFI asks for 16 KiB or more. */
export const partitionArrayBytesMax = 1 << 20
const entryBytesMax = 4096

/** The head of a GUID partition table. UEFI 2.10, 5.3.2. */
export const EFI_PARTITION_TABLE_HEADER = struct('EFI_PARTITION_TABLE_HEADER', {
  signature: constant(u64le, 0x5452_4150_2049_4645n),
  revision: constant(u32le, 0x0001_0000),
  headerSize: constant(u32le, 92),
  headerCRC32: u32le,
  reserved: constant(u32le, 0),
  myLBA: u64le,
  alternateLBA: u64le,
  firstUsableLBA: u64le,
  lastUsableLBA: u64le,
  diskGUID: bytes(16),
  partitionEntryLBA: u64le,
  numberOfPartitionEntries: u32le,
  sizeOfPartitionEntry: u32le,
  partitionEntryArrayCRC32: u32le,
})
export type EFI_PARTITION_TABLE_HEADER = Of<typeof EFI_PARTITION_TABLE_HEADER>

/** One partition; all zeros in `partitionTypeGUID` means none. UEFI 2.10, 5.3.3. */
export const EFI_PARTITION_ENTRY = struct('EFI_PARTITION_ENTRY', {
  partitionTypeGUID: bytes(16),
  uniquePartitionGUID: bytes(16),
  startingLBA: u64le,
  endingLBA: u64le,
  attributes: u64le,
  partitionName: bytes(72),
})
export type EFI_PARTITION_ENTRY = Of<typeof EFI_PARTITION_ENTRY>

/** A partition in use. */
export interface Partition {
  /** From 1, as GRUB and Linux count. */
  readonly number: number
  readonly name: string
  /** The 128 bytes (or more) of the entry as they stand on the disk: what firmware measures. */
  readonly bytes: Uint8Array
  readonly entry: EFI_PARTITION_ENTRY
  readonly offset: number
  readonly size: number
}

/** A primary GUID partition table whose checksums hold. */
export interface PartitionTable {
  readonly header: EFI_PARTITION_TABLE_HEADER
  /** The 92 bytes of the header as they stand on the disk. */
  readonly headerBytes: Uint8Array
  readonly partitions: readonly Partition[]
}

/**
 * Reads the primary partition table, strictly: checksums, bounds, no overlaps. Firmware would fall
 * back to the table at the disk's end when this one is broken; here that is a fault.
 * @throws {MalformedError}
 */
export function readPartitionTable(disk: RandomAccess): PartitionTable {
  const headerBytes = new Uint8Array(disk.readAt(SECTOR_BYTES, 92))
  const header = decode(EFI_PARTITION_TABLE_HEADER, headerBytes)
  const blank = new Uint8Array(headerBytes)
  blank.fill(0, 16, 20)
  if (crc32(blank) !== header.headerCRC32) throw fault('headerCRC32', 16, 'does not match')
  if (header.myLBA !== 1n) throw fault('myLBA', 24, 'not 1')
  const size = header.sizeOfPartitionEntry
  if (size < 128 || size > entryBytesMax || (size & (size - 1)) !== 0)
    throw fault('sizeOfPartitionEntry', 84, `${size}`)
  const length = size * header.numberOfPartitionEntries
  if (length > partitionArrayBytesMax)
    throw fault(
      'numberOfPartitionEntries',
      80,
      `${length} bytes, more than ${partitionArrayBytesMax}`,
    )
  const start = within('partitionEntryLBA', () => byteOf(disk, header.partitionEntryLBA))
  const array = new Uint8Array(disk.readAt(start, length))
  if (crc32(array) !== header.partitionEntryArrayCRC32)
    throw fault('partitionEntryArrayCRC32', 88, 'does not match')
  return { header, headerBytes, partitions: partitionsOf(disk, header, array) }
}

/** The partition as a disk of its own. */
export function openPartition(disk: RandomAccess, partition: Partition): RandomAccess {
  return partOf(disk, partition.offset, partition.size)
}

/** True for an entry of that type (16 bytes, as on disk). */
export function isOfType(partition: Partition, type: Uint8Array): boolean {
  return equalBytes(partition.entry.partitionTypeGUID, type)
}

function partitionsOf(
  disk: RandomAccess,
  header: EFI_PARTITION_TABLE_HEADER,
  array: Uint8Array,
): Partition[] {
  const size = header.sizeOfPartitionEntry
  const partitions: Partition[] = []
  for (let i = 0; i < header.numberOfPartitionEntries; i++) {
    const bytes = array.subarray(i * size, (i + 1) * size)
    if (bytes.subarray(0, 16).every((byte) => byte === 0)) continue
    partitions.push(within(`partitions[${i}]`, () => partitionOf(disk, header, bytes, i + 1)))
  }
  const ordered = [...partitions].sort((a, b) => a.offset - b.offset)
  for (const [i, next] of ordered.entries()) {
    const before = ordered[i - 1]
    if (before !== undefined && before.offset + before.size > next.offset)
      throw fault(`partitions[${next.number - 1}]`, next.offset, 'overlaps another')
  }
  return partitions
}

function partitionOf(
  disk: RandomAccess,
  header: EFI_PARTITION_TABLE_HEADER,
  bytes: Uint8Array,
  number: number,
): Partition {
  const entry = decode(EFI_PARTITION_ENTRY, bytes.subarray(0, 128))
  const { startingLBA, endingLBA } = entry
  if (startingLBA < header.firstUsableLBA || endingLBA > header.lastUsableLBA)
    throw fault('startingLBA', 32, 'outside what the header calls usable')
  if (endingLBA < startingLBA) throw fault('endingLBA', 40, 'before startingLBA')
  const offset = byteOf(disk, startingLBA)
  const end = byteOf(disk, endingLBA) + SECTOR_BYTES
  const name = fromUtf16le(entry.partitionName).replace(/\0.*$/s, '')
  return { number, name, bytes, entry, offset, size: end - offset }
}

function byteOf(disk: RandomAccess, lba: bigint): number {
  if (lba >= BigInt(Math.floor(disk.size / SECTOR_BYTES)))
    throw new MalformedError('', 0, `block ${lba} is beyond the end of the disk`)
  return Number(lba) * SECTOR_BYTES
}

function fault(field: string, offset: number, reason: string): MalformedError {
  return new MalformedError(field, offset, reason).within('EFI_PARTITION_TABLE_HEADER')
}

/** A header with its checksum. The value's own `headerCRC32` does not count. */
export function encodeHeader(header: EFI_PARTITION_TABLE_HEADER): Uint8Array {
  const blank = encode(EFI_PARTITION_TABLE_HEADER, { ...header, headerCRC32: 0 })
  return encode(EFI_PARTITION_TABLE_HEADER, { ...header, headerCRC32: crc32(blank) })
}
