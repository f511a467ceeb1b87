import {
  bytes,
  type Codec,
  list,
  many,
  type Of,
  sized,
  struct,
  u8,
  u32le,
  u64le,
} from '@trusted-launch/codec'
import { EFI_GUID } from '@trusted-launch/uefi'
import { MAX_EVENT_LOG_SIZE } from './constants.ts'

/** The most tables, and the most partitions, one event may name. */
const entriesMax = 1024

/** A 64-bit count, as UINTN is on every platform we read. */
const count64: Codec<number> = {
  read(from) {
    const count = u64le.read(from)
    if (count > BigInt(entriesMax)) throw from.malformed(`${count}, more than ${entriesMax}`)
    return Number(count)
  },
  write: (to, value) => u64le.write(to, BigInt(value)),
}

/** Where a driver or application was loaded from. PC Client PFP, UEFI_IMAGE_LOAD_EVENT. */
export const UEFI_IMAGE_LOAD_EVENT = struct('UEFI_IMAGE_LOAD_EVENT', {
  imageLocationInMemory: u64le,
  imageLengthInMemory: u64le,
  imageLinkTimeAddress: u64le,
  devicePath: sized(length64(), { max: MAX_EVENT_LOG_SIZE }),
})
export type UEFI_IMAGE_LOAD_EVENT = Of<typeof UEFI_IMAGE_LOAD_EVENT>

function length64(): Codec<number> {
  return {
    read(from) {
      const length = u64le.read(from)
      if (length > BigInt(MAX_EVENT_LOG_SIZE))
        throw from.malformed(`${length}, more than ${MAX_EVENT_LOG_SIZE}`)
      return Number(length)
    },
    write: (to, value) => u64le.write(to, BigInt(value)),
  }
}

/** UEFI 2.10, 5.3.2. */
export const EFI_PARTITION_TABLE_HEADER = struct('EFI_PARTITION_TABLE_HEADER', {
  signature: bytes(8),
  revision: u32le,
  headerSize: u32le,
  headerCRC32: u32le,
  reserved: u32le,
  myLBA: u64le,
  alternateLBA: u64le,
  firstUsableLBA: u64le,
  lastUsableLBA: u64le,
  diskGUID: EFI_GUID,
  partitionEntryLBA: u64le,
  numberOfPartitionEntries: u32le,
  sizeOfPartitionEntry: u32le,
  partitionEntryArrayCRC32: u32le,
})

/** UEFI 2.10, 5.3.3. */
export const EFI_PARTITION_ENTRY = struct('EFI_PARTITION_ENTRY', {
  partitionTypeGUID: EFI_GUID,
  uniquePartitionGUID: EFI_GUID,
  startingLBA: u64le,
  endingLBA: u64le,
  attributes: u64le,
  partitionName: bytes(72),
})

/** The partition table the boot device had. PC Client PFP, UEFI_GPT_DATA. */
export const UEFI_GPT_DATA = struct('UEFI_GPT_DATA', {
  uefiPartitionHeader: EFI_PARTITION_TABLE_HEADER,
  partitions: list(count64, EFI_PARTITION_ENTRY, { max: entriesMax }),
})
export type UEFI_GPT_DATA = Of<typeof UEFI_GPT_DATA>

/** PC Client PFP, UEFI_PLATFORM_FIRMWARE_BLOB. */
export const UEFI_PLATFORM_FIRMWARE_BLOB = struct('UEFI_PLATFORM_FIRMWARE_BLOB', {
  blobBase: u64le,
  blobLength: u64le,
})

/** PC Client PFP, UEFI_PLATFORM_FIRMWARE_BLOB2. */
export const UEFI_PLATFORM_FIRMWARE_BLOB2 = struct('UEFI_PLATFORM_FIRMWARE_BLOB2', {
  blobDescription: sized(u8, { max: 255 }),
  blobBase: u64le,
  blobLength: u64le,
})

const EFI_CONFIGURATION_TABLE = struct('EFI_CONFIGURATION_TABLE', {
  vendorGuid: EFI_GUID,
  vendorTable: u64le,
})

/** PC Client PFP, UEFI_HANDOFF_TABLE_POINTERS. */
export const UEFI_HANDOFF_TABLE_POINTERS = struct('UEFI_HANDOFF_TABLE_POINTERS', {
  tableEntry: list(count64, EFI_CONFIGURATION_TABLE, { max: entriesMax }),
})

/** PC Client PFP, UEFI_HANDOFF_TABLE_POINTERS2. */
export const UEFI_HANDOFF_TABLE_POINTERS2 = struct('UEFI_HANDOFF_TABLE_POINTERS2', {
  tableDescription: sized(u8, { max: 255 }),
  tableEntry: list(count64, EFI_CONFIGURATION_TABLE, { max: entriesMax }),
})

/** A tag, and what it tags. PC Client PFP, TCG_PCClientTaggedEvent; the Linux EFI stub writes one. */
export const TCG_PCClientTaggedEvent = struct('TCG_PCClientTaggedEvent', {
  taggedEventID: u32le,
  taggedEventData: sized(u32le, { max: MAX_EVENT_LOG_SIZE }),
})

/** Several tags one after the other, as Windows writes them. */
export const TCG_PCClientTaggedEvents = many(TCG_PCClientTaggedEvent, { max: entriesMax })

/** PC Client PFP, TCG_EfiStartupLocalityEvent. */
export const TCG_EfiStartupLocalityEvent = struct('TCG_EfiStartupLocalityEvent', {
  signature: bytes(16),
  startupLocality: u8,
})

/** PC Client PFP, TCG_Sp800_155_PlatformId_Event. */
export const TCG_Sp800_155_PlatformId_Event = struct('TCG_Sp800_155_PlatformId_Event', {
  signature: bytes(16),
  vendorId: u32le,
  referenceManifestGuid: EFI_GUID,
})

const shortText = sized(u8, { max: 255 })

/** The names both later forms begin with. */
const platformNames = {
  signature: bytes(16),
  platformManufacturerId: u32le,
  referenceManifestGuid: EFI_GUID,
  platformManufacturerStr: shortText,
  platformModel: shortText,
  platformVersion: shortText,
  firmwareManufacturerStr: shortText,
  firmwareManufacturerId: u32le,
  firmwareVersion: shortText,
}

/** PC Client PFP, TCG_Sp800_155_PlatformId_Event2. */
export const TCG_Sp800_155_PlatformId_Event2 = struct(
  'TCG_Sp800_155_PlatformId_Event2',
  platformNames,
)

const locator = sized(u32le, { max: MAX_EVENT_LOG_SIZE })

/** PC Client PFP 1.06, TCG_Sp800_155_PlatformId_Event3. */
export const TCG_Sp800_155_PlatformId_Event3 = struct('TCG_Sp800_155_PlatformId_Event3', {
  ...platformNames,
  rimLocatorType: u32le,
  rimLocator: locator,
  platformCertLocatorType: u32le,
  platformCertLocator: locator,
})
