import { concat, encode, toUtf16le } from '@trusted-launch/codec'
import { crc32 } from './crc32.ts'
import {
  EFI_PARTITION_ENTRY,
  type EFI_PARTITION_TABLE_HEADER,
  encodeHeader,
  SECTOR_BYTES,
} from './gpt.ts'

/** What a new partition table says. GUIDs are 16 bytes as on disk; all given, so nothing is by chance. */
export interface DiskLayout {
  readonly sectors: number
  readonly diskGUID: Uint8Array
  readonly partitions: readonly {
    readonly partitionTypeGUID: Uint8Array
    readonly uniquePartitionGUID: Uint8Array
    /** At most 36 characters. */
    readonly name: string
    readonly startingLBA: number
    readonly sectors: number
  }[]
}

const entries = 128
const entryBytes = 128
const arraySectors = (entries * entryBytes) / SECTOR_BYTES

/** Both ends of a disk: what stands before the first partition, and what after the last. */
export interface PartitionTableBytes {
  readonly primary: Uint8Array
  readonly alternate: Uint8Array
  readonly alternateOffset: number
}

/** Writes a partition table: protective MBR, both headers, both arrays. UEFI 2.10, 5.2.3 and 5.3. */
export function encodePartitionTable(layout: DiskLayout): PartitionTableBytes {
  const last = layout.sectors - 1
  const array = entryArray(layout)
  const header = {
    signature: 0x5452_4150_2049_4645n,
    revision: 0x0001_0000,
    headerSize: 92,
    headerCRC32: 0,
    reserved: 0,
    myLBA: 1n,
    alternateLBA: BigInt(last),
    firstUsableLBA: BigInt(2 + arraySectors),
    lastUsableLBA: BigInt(last - 1 - arraySectors),
    diskGUID: layout.diskGUID,
    partitionEntryLBA: 2n,
    numberOfPartitionEntries: entries,
    sizeOfPartitionEntry: entryBytes,
    partitionEntryArrayCRC32: crc32(array),
  } satisfies EFI_PARTITION_TABLE_HEADER
  const alternate = {
    ...header,
    myLBA: header.alternateLBA,
    alternateLBA: 1n,
    partitionEntryLBA: header.lastUsableLBA + 1n,
  }
  return {
    primary: concat(protectiveMbr(layout.sectors), sector(encodeHeader(header)), array),
    alternate: concat(array, sector(encodeHeader(alternate))),
    alternateOffset: (last - arraySectors) * SECTOR_BYTES,
  }
}

function entryArray(layout: DiskLayout): Uint8Array {
  const array = new Uint8Array(entries * entryBytes)
  for (const [i, partition] of layout.partitions.entries()) {
    const partitionName = new Uint8Array(72)
    partitionName.set(toUtf16le(partition.name))
    const entry = encode(EFI_PARTITION_ENTRY, {
      partitionTypeGUID: partition.partitionTypeGUID,
      uniquePartitionGUID: partition.uniquePartitionGUID,
      startingLBA: BigInt(partition.startingLBA),
      endingLBA: BigInt(partition.startingLBA + partition.sectors - 1),
      attributes: 0n,
      partitionName,
    })
    array.set(entry, i * entryBytes)
  }
  return array
}

/** One partition of type 0xEE over the whole disk, so that old tools leave it alone. */
function protectiveMbr(sectors: number): Uint8Array {
  const mbr = new Uint8Array(SECTOR_BYTES)
  const view = new DataView(mbr.buffer)
  mbr.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446)
  view.setUint32(454, 1, true)
  view.setUint32(458, Math.min(sectors - 1, 0xffff_ffff), true)
  mbr.set([0x55, 0xaa], 510)
  return mbr
}

function sector(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(SECTOR_BYTES)
  whole.set(bytes)
  return whole
}
