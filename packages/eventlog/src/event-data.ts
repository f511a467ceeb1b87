import {
  type Codec,
  decode,
  fromUtf16le,
  MalformedError,
  Reader,
  rest,
  toLatin1,
  u32le,
} from '@trusted-launch/codec'
import { UEFI_VARIABLE_DATA } from '@trusted-launch/uefi'
import { EV, hasSignature, SIGNATURE } from './constants.ts'
import { TCG_EfiSpecIDEvent } from './event.ts'
import {
  TCG_EfiStartupLocalityEvent,
  TCG_PCClientTaggedEvents,
  TCG_Sp800_155_PlatformId_Event,
  TCG_Sp800_155_PlatformId_Event2,
  TCG_Sp800_155_PlatformId_Event3,
  UEFI_GPT_DATA,
  UEFI_HANDOFF_TABLE_POINTERS,
  UEFI_HANDOFF_TABLE_POINTERS2,
  UEFI_IMAGE_LOAD_EVENT,
  UEFI_PLATFORM_FIRMWARE_BLOB,
  UEFI_PLATFORM_FIRMWARE_BLOB2,
} from './event-data-structures.ts'
import type { LoggedEvent } from './log.ts'

type Table = { vendorGuid: string; vendorTable: bigint }

/**
 * What an event's data says, read the way its type suggests. Believe none of it unless `explain`
 * verified it. Data that its type's layout can't read is a value too: `undecodable`.
 */
export type EventData =
  | { kind: 'spec-id'; specId: TCG_EfiSpecIDEvent }
  | { kind: 'startup-locality'; locality: number }
  | { kind: 'sp800-155'; version: 1 | 2 | 3; referenceManifestGuid: string; platform: string }
  | { kind: 'no-action'; signature: string; bytes: Uint8Array }
  | { kind: 'separator'; value: number }
  | { kind: 'action'; text: string }
  | { kind: 'variable'; variable: UEFI_VARIABLE_DATA; extra: number }
  | { kind: 'image-load'; image: UEFI_IMAGE_LOAD_EVENT }
  | { kind: 'gpt'; gpt: UEFI_GPT_DATA }
  | { kind: 'firmware-blob'; base: bigint; length: bigint; description: string }
  | { kind: 'handoff-tables'; tables: readonly Table[]; description: string }
  | { kind: 'crtm-version'; text: string }
  | { kind: 'h-crtm'; text: string }
  | { kind: 'post-code'; text: string }
  | { kind: 'ipl'; by: IplWriter; prefix: string; text: string }
  | { kind: 'tagged'; tags: readonly { id: number; data: Uint8Array }[] }
  | { kind: 'opaque'; bytes: Uint8Array }
  | { kind: 'undecodable'; bytes: Uint8Array; reason: string }

/**
 * Who wrote an EV_IPL event, by the form of its text: GRUB's three prefixes (which are *not*
 * measured), plain text (a file's path from GRUB, a variable's name from shim), or UTF-16 (systemd).
 */
export type IplWriter = 'grub_cmd' | 'kernel_cmdline' | 'module_cmdline' | 'text' | 'utf16'

/** Reads an event's data by the layout its type has. Never throws for what the data holds. */
export function decodeEventData(event: Pick<LoggedEvent, 'eventType' | 'data'>): EventData {
  const { eventType, data: bytes } = event
  try {
    return (readers[eventType] ?? opaque)(bytes)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return { kind: 'undecodable', bytes, reason: e.message }
  }
}

type ReadData = (bytes: Uint8Array) => EventData

const opaque: ReadData = (bytes) => ({ kind: 'opaque', bytes })

const readers: Readonly<Record<number, ReadData>> = {
  [EV.NO_ACTION]: noAction,
  [EV.SEPARATOR]: separator,
  [EV.ACTION]: action,
  [EV.EFI_ACTION]: action,
  [EV.POST_CODE]: postCode,
  [EV.POST_CODE2]: postCode,
  [EV.S_CRTM_VERSION]: crtmVersion,
  [EV.EFI_HCRTM_EVENT]: (bytes) => ({ kind: 'h-crtm', text: toLatin1(bytes) }),
  [EV.IPL]: ipl,
  [EV.EVENT_TAG]: tagged,
  [EV.EFI_VARIABLE_DRIVER_CONFIG]: variable,
  [EV.EFI_VARIABLE_BOOT]: variable,
  [EV.EFI_VARIABLE_BOOT2]: variable,
  [EV.EFI_VARIABLE_AUTHORITY]: authority,
  [EV.EFI_BOOT_SERVICES_APPLICATION]: imageLoad,
  [EV.EFI_BOOT_SERVICES_DRIVER]: imageLoad,
  [EV.EFI_RUNTIME_SERVICES_DRIVER]: imageLoad,
  [EV.EFI_GPT_EVENT]: (bytes) => ({ kind: 'gpt', gpt: decode(UEFI_GPT_DATA, bytes) }),
  [EV.EFI_GPT_EVENT2]: (bytes) => ({ kind: 'gpt', gpt: decode(UEFI_GPT_DATA, bytes) }),
  [EV.EFI_PLATFORM_FIRMWARE_BLOB]: firmwareBlob,
  [EV.EFI_PLATFORM_FIRMWARE_BLOB2]: firmwareBlob2,
  [EV.EFI_HANDOFF_TABLES]: handoffTables,
  [EV.EFI_HANDOFF_TABLES2]: handoffTables2,
}

function noAction(bytes: Uint8Array): EventData {
  if (hasSignature(bytes, SIGNATURE.specId03))
    return { kind: 'spec-id', specId: decode(TCG_EfiSpecIDEvent, bytes) }
  if (hasSignature(bytes, SIGNATURE.startupLocality)) {
    const { startupLocality } = decode(TCG_EfiStartupLocalityEvent, bytes)
    return { kind: 'startup-locality', locality: startupLocality }
  }
  for (const [signature, version, layout] of platformIdEvents)
    if (hasSignature(bytes, signature)) return platformId(readPadded(layout, bytes), version)
  const signature = printable(bytes.subarray(0, 16)) ?? ''
  return { kind: 'no-action', signature, bytes }
}

type PlatformId = {
  referenceManifestGuid: string
  platformManufacturerStr?: Uint8Array
  platformModel?: Uint8Array
  platformVersion?: Uint8Array
}

const platformIdEvents: readonly [string, 1 | 2 | 3, Codec<PlatformId>][] = [
  [SIGNATURE.sp800155, 1, TCG_Sp800_155_PlatformId_Event],
  [SIGNATURE.sp800155Event2, 2, TCG_Sp800_155_PlatformId_Event2],
  [SIGNATURE.sp800155Event3, 3, TCG_Sp800_155_PlatformId_Event3],
]

function platformId(event: PlatformId, version: 1 | 2 | 3): EventData {
  const { platformManufacturerStr, platformModel, platformVersion, referenceManifestGuid } = event
  const platform = [platformManufacturerStr, platformModel, platformVersion]
    .map((bytes) => printable(bytes ?? new Uint8Array(0)) ?? '')
    .filter((text) => text !== '')
    .join(' ')
  return { kind: 'sp800-155', version, referenceManifestGuid, platform }
}

/** The layout, then zeros up to a multiple of eight bytes (Google's firmware). */
function readPadded<T>(layout: Codec<T>, bytes: Uint8Array): T {
  const from = new Reader(bytes)
  const value = layout.read(from)
  if (
    rest({ max: 7 })
      .read(from)
      .some((byte) => byte !== 0)
  )
    throw from.malformed('a byte where zeros must be')
  return value
}

function separator(bytes: Uint8Array): EventData {
  if (bytes.length !== 4) throw new MalformedError('', 0, `a separator of ${bytes.length} bytes`)
  return { kind: 'separator', value: u32le.read(new Reader(bytes)) }
}

function action(bytes: Uint8Array): EventData {
  return { kind: 'action', text: textOf(bytes) }
}

function postCode(bytes: Uint8Array): EventData {
  const text = printable(bytes)
  if (text !== null || bytes.length !== 16) return { kind: 'post-code', text: text ?? '' }
  return firmwareBlob(bytes)
}

function crtmVersion(bytes: Uint8Array): EventData {
  const text = bytes.length % 2 === 0 ? fromUtf16le(bytes).replace(/\0+$/, '') : toLatin1(bytes)
  return { kind: 'crtm-version', text }
}

/** What GRUB writes before what it measures; RHEL 8 and its kin write it without the colon. */
const grubPrefixes: readonly [string, IplWriter][] = [
  ['grub_cmd: ', 'grub_cmd'],
  ['grub_cmd ', 'grub_cmd'],
  ['kernel_cmdline: ', 'kernel_cmdline'],
  ['grub_kernel_cmdline ', 'kernel_cmdline'],
  ['module_cmdline: ', 'module_cmdline'],
  ['grub_module_cmdline ', 'module_cmdline'],
]

function ipl(bytes: Uint8Array): EventData {
  const wide = wideText(bytes)
  if (wide !== null) return { kind: 'ipl', by: 'utf16', prefix: '', text: wide }
  const text = toLatin1(bytes).replace(/\0$/, '')
  for (const [prefix, by] of grubPrefixes)
    if (text.startsWith(prefix)) return { kind: 'ipl', by, prefix, text: text.slice(prefix.length) }
  return { kind: 'ipl', by: 'text', prefix: '', text: textOf(bytes) }
}

function tagged(bytes: Uint8Array): EventData {
  const tags = decode({ ...TCG_PCClientTaggedEvents, name: 'TCG_PCClientTaggedEvent' }, bytes)
  return {
    kind: 'tagged',
    tags: tags.map(({ taggedEventID, taggedEventData }) => ({
      id: taggedEventID,
      data: taggedEventData,
    })),
  }
}

function variable(bytes: Uint8Array): EventData {
  return { kind: 'variable', variable: decode(UEFI_VARIABLE_DATA, bytes), extra: 0 }
}

/** What shim before 15.5 leaves behind an authority: the padding of a C structure, and one byte. */
const authorityExtraMax = 8

function authority(bytes: Uint8Array): EventData {
  const from = new Reader(bytes)
  const value = UEFI_VARIABLE_DATA.read(from)
  const extra = rest({ max: authorityExtraMax }).read(from).length
  return { kind: 'variable', variable: value, extra }
}

/** What shim and GRUB leave behind an image's device path. Nothing of this event is measured. */
const imageExtraMax = 16

function imageLoad(bytes: Uint8Array): EventData {
  const from = new Reader(bytes)
  const image = UEFI_IMAGE_LOAD_EVENT.read(from)
  rest({ max: imageExtraMax }).read(from)
  return { kind: 'image-load', image }
}

function firmwareBlob(bytes: Uint8Array): EventData {
  const { blobBase, blobLength } = decode(UEFI_PLATFORM_FIRMWARE_BLOB, bytes)
  return { kind: 'firmware-blob', base: blobBase, length: blobLength, description: '' }
}

function firmwareBlob2(bytes: Uint8Array): EventData {
  const { blobDescription, blobBase, blobLength } = decode(UEFI_PLATFORM_FIRMWARE_BLOB2, bytes)
  const description = printable(blobDescription) ?? ''
  return { kind: 'firmware-blob', base: blobBase, length: blobLength, description }
}

function handoffTables(bytes: Uint8Array): EventData {
  const { tableEntry } = decode(UEFI_HANDOFF_TABLE_POINTERS, bytes)
  return { kind: 'handoff-tables', tables: tableEntry, description: '' }
}

function handoffTables2(bytes: Uint8Array): EventData {
  const { tableDescription, tableEntry } = decode(UEFI_HANDOFF_TABLE_POINTERS2, bytes)
  const description = printable(tableDescription) ?? ''
  return { kind: 'handoff-tables', tables: tableEntry, description }
}

/** Text with at most one NUL at its end. @throws {MalformedError} control characters. */
function textOf(bytes: Uint8Array): string {
  const text = printable(bytes)
  if (text === null) throw new MalformedError('', 0, 'not printable text')
  return text
}

/** Printable characters without the NULs at their end, null for anything else. */
function printable(bytes: Uint8Array): string | null {
  const text = toLatin1(bytes).replace(/\0+$/, '')
  return /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text) ? text : null
}

/** UTF-16 text of Latin letters, the last byte of which may be missing; null for anything else. */
function wideText(bytes: Uint8Array): string | null {
  if (bytes.length < 4 || bytes[0] === 0) return null
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] !== 0) return null
  return toLatin1(bytes.filter((_, i) => i % 2 === 0)).replace(/\0+$/, '')
}
