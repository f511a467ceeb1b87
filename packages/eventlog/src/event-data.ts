import { decode, MalformedError, Reader, toLatin1, u32le } from '@trusted-launch/codec'
import type { UEFI_VARIABLE_DATA } from '@trusted-launch/uefi'
import { EV } from './constants.ts'
import type { TCG_EfiSpecIDEvent } from './event.ts'
import {
  TCG_PCClientTaggedEvents,
  UEFI_GPT_DATA,
  type UEFI_IMAGE_LOAD_EVENT,
} from './event-data-structures.ts'
import { action, crtmVersion, ipl } from './event-text.ts'
import {
  authority,
  firmwareBlob,
  firmwareBlob2,
  handoffTables,
  handoffTables2,
  imageLoad,
  postCode,
  variable,
} from './firmware-data.ts'
import type { LoggedEvent } from './log.ts'
import { noAction } from './no-action-data.ts'

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
  const read = readers[eventType]
  // check 16
  if (read === undefined) return { kind: 'opaque', bytes }
  try {
    return read(bytes)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return { kind: 'undecodable', bytes, reason: e.message }
  }
}

type ReadData = (bytes: Uint8Array) => EventData

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

function separator(bytes: Uint8Array): EventData {
  if (bytes.length !== 4) throw new MalformedError('', 0, `a separator of ${bytes.length} bytes`)
  return { kind: 'separator', value: u32le.read(new Reader(bytes)) }
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
