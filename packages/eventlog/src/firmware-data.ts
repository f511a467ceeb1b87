import { decode, Reader, rest } from '@trusted-launch/codec'
import { UEFI_VARIABLE_DATA } from '@trusted-launch/uefi'
import type { EventData } from './event-data.ts'
import {
  UEFI_HANDOFF_TABLE_POINTERS,
  UEFI_HANDOFF_TABLE_POINTERS2,
  UEFI_IMAGE_LOAD_EVENT,
  UEFI_PLATFORM_FIRMWARE_BLOB,
  UEFI_PLATFORM_FIRMWARE_BLOB2,
} from './event-data-structures.ts'
import { printable } from './event-text.ts'

// What the firmware says of variables, images, volumes and tables; each throws a MalformedError for
// bytes that its structure cannot hold.

export function variable(bytes: Uint8Array): EventData {
  return { kind: 'variable', variable: decode(UEFI_VARIABLE_DATA, bytes), extra: 0 }
}

/** What shim before 15.5 leaves behind an authority: the padding of a C structure, and one byte. */
const authorityExtraMax = 8

export function authority(bytes: Uint8Array): EventData {
  const from = new Reader(bytes)
  const value = UEFI_VARIABLE_DATA.read(from)
  const extra = rest({ max: authorityExtraMax }).read(from).length
  return { kind: 'variable', variable: value, extra }
}

/** What shim and GRUB leave behind an image's device path. Nothing of this event is measured. */
const imageExtraMax = 16

export function imageLoad(bytes: Uint8Array): EventData {
  const from = new Reader(bytes)
  const image = UEFI_IMAGE_LOAD_EVENT.read(from)
  rest({ max: imageExtraMax }).read(from)
  return { kind: 'image-load', image }
}

export function firmwareBlob(bytes: Uint8Array): EventData {
  const { blobBase, blobLength } = decode(UEFI_PLATFORM_FIRMWARE_BLOB, bytes)
  return { kind: 'firmware-blob', base: blobBase, length: blobLength, description: '' }
}

export function firmwareBlob2(bytes: Uint8Array): EventData {
  const { blobDescription, blobBase, blobLength } = decode(UEFI_PLATFORM_FIRMWARE_BLOB2, bytes)
  const description = printable(blobDescription) ?? ''
  return { kind: 'firmware-blob', base: blobBase, length: blobLength, description }
}

export function handoffTables(bytes: Uint8Array): EventData {
  const { tableEntry } = decode(UEFI_HANDOFF_TABLE_POINTERS, bytes)
  return { kind: 'handoff-tables', tables: tableEntry, description: '' }
}

export function handoffTables2(bytes: Uint8Array): EventData {
  const { tableDescription, tableEntry } = decode(UEFI_HANDOFF_TABLE_POINTERS2, bytes)
  const description = printable(tableDescription) ?? ''
  return { kind: 'handoff-tables', tables: tableEntry, description }
}

export function postCode(bytes: Uint8Array): EventData {
  const text = printable(bytes)
  if (text !== null || bytes.length !== 16) return { kind: 'post-code', text: text ?? '' }
  return firmwareBlob(bytes)
}
