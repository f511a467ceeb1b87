import type { HashName } from '@trusted-launch/crypto'
import { EV } from './constants.ts'
import type { EventData } from './event-data.ts'
import { DataOnDemand, Explained, type Explanation, type Range } from './explanation.ts'
import { disguiseOf, knownDigestOf } from './known-digests.ts'
import type { LoggedEvent } from './log.ts'
import { measuredPart } from './measured-part.ts'
import type { Quirk } from './quirks.ts'

/**
 * Computes the event's digest again from its data, by the rules its type may follow. The type is a
 * hint to the rule and is never believed: an event of any type whose whole data gives the digest is
 * verified. Verified data still says nothing about its type: `disguised`, and the place in the PCR, do.
 *
 * GRUB's prefixes (`grub_cmd: `) are not measured: `covers` begins after them. Of EV_EFI_VARIABLE_BOOT
 * the name is not measured.
 *
 * @see TCG PC Client Platform Firmware Profile, "Event Types"
 */
export function explain(event: LoggedEvent, bank: HashName): Explanation {
  const read = new DataOnDemand(event)
  const known = knownDigestOf(event, bank)
  const disguised = disguiseOf(event, known)
  // check 17
  if (event.eventType === EV.NO_ACTION)
    return new Explained(read, 'not-extended', null, null, disguised)
  const found = measuredPart(event, bank, read, known)
  if (found !== null) {
    const plain = found.rule === 'variable-value' && isBootOption(event)
    const quirk = found.quirk ?? quirkOf(event, read)
    return new Explained(read, 'verified', found, quirk, plain ? null : disguised)
  }
  if (isContentElsewhere(event, read))
    return new Explained(read, 'content-elsewhere', null, null, disguised)
  const quirk = event.eventType === EV.S_CRTM_VERSION ? 'version-elsewhere' : null
  return new Explained(read, 'mismatch', null, quirk, disguised)
}

/** Where a variable's bare value may well be four bytes of another meaning: BootOrder 1, 0 is one. */
function isBootOption({ pcrIndex, eventType }: LoggedEvent): boolean {
  const { EFI_VARIABLE_BOOT, EFI_VARIABLE_BOOT2 } = EV
  return pcrIndex === 1 && (eventType === EFI_VARIABLE_BOOT || eventType === EFI_VARIABLE_BOOT2)
}

/** Parts of an event's data that no digest vouches for: a change there changes no verdict. */
export function unmeasured(event: LoggedEvent, { covers }: Explanation): Range[] {
  const end = event.data.length
  if (covers === null) return end === 0 ? [] : [{ start: 0, end }]
  return [
    { start: 0, end: covers.start },
    { start: covers.end, end },
  ].filter((range) => range.end > range.start)
}

const variableTypes: ReadonlySet<number> = new Set([
  EV.EFI_VARIABLE_BOOT,
  EV.EFI_VARIABLE_BOOT2,
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_VARIABLE_AUTHORITY,
])

/** What is odd about data that was measured as it is logged. */
function quirkOf(event: LoggedEvent, read: DataOnDemand): Quirk | null {
  if (event.eventType === EV.SEPARATOR) return isOfOnes(event.data) ? 'separator-of-ones' : null
  if (!variableTypes.has(event.eventType)) return null
  const { data } = read
  if (data.kind !== 'variable' || data.variable.unicodeName !== 'SecureBoot') return null
  return data.variable.variableData.length === 0 ? 'secure-boot-empty' : null
}

function isOfOnes(data: Uint8Array): boolean {
  return data.length === 4 && (data[0]! & data[1]! & data[2]! & data[3]!) === 0xff
}

/** Types whose digest is of something else than the data beside it. */
const contentTypes: ReadonlySet<number> = new Set([
  EV.PREBOOT_CERT,
  EV.POST_CODE,
  EV.POST_CODE2,
  EV.S_CRTM_CONTENTS,
  EV.CPU_MICROCODE,
  EV.PLATFORM_CONFIG_FLAGS,
  EV.TABLE_OF_DEVICES,
  EV.COMPACT_HASH,
  EV.IPL_PARTITION_DATA,
  EV.NONHOST_CODE,
  EV.NONHOST_CONFIG,
  EV.NONHOST_INFO,
  EV.EFI_BOOT_SERVICES_APPLICATION,
  EV.EFI_BOOT_SERVICES_DRIVER,
  EV.EFI_RUNTIME_SERVICES_DRIVER,
  EV.EFI_PLATFORM_FIRMWARE_BLOB,
  EV.EFI_PLATFORM_FIRMWARE_BLOB2,
  EV.EFI_HANDOFF_TABLES,
  EV.EFI_HANDOFF_TABLES2,
  EV.EFI_HCRTM_EVENT,
  EV.EFI_SPDM_FIRMWARE_BLOB,
  EV.EFI_SPDM_FIRMWARE_CONFIG,
])

/** PCRs where GRUB and systemd measure command lines: an EV_IPL there measures its own text. */
const commandLinePcrs = [8, 12]

/**
 * What systemd's stub says beside the archives (cpio) that it makes of credentials and configuration extensions, in
 * UTF-16, and measures where its command lines go; before version 254 into PCR 8 as well. The digest is of the archive.
 *
 * @see systemd, docs/TPM2_PCR_MEASUREMENTS.md; src/boot/stub.c
 */
const archiveTexts: readonly string[] = [
  'Credentials initrd',
  'Global credentials initrd',
  'Configuration extension initrd',
]

/** Whether a text in a register of command lines says that an archive of systemd's stub was measured, and none was. */
function isArchive(data: EventData): boolean {
  return data.kind === 'ipl' && data.by === 'utf16' && archiveTexts.includes(data.text)
}

/** Where the Linux EFI stub (PCR 9) and systemd's loader and stub tag what they loaded: the digest is of that. */
const taggedContentPcrs: Readonly<Record<number, readonly number[] | 'any'>> = {
  5: [0xf5bc582a],
  9: 'any',
  12: [0x6c46f751, 0x49dffe0f, 0xdac08e1a],
}

function isTaggedContent(pcrIndex: number, { data }: DataOnDemand): boolean {
  const known = taggedContentPcrs[pcrIndex] ?? []
  if (known === 'any') return true
  const tags = data.kind === 'tagged' ? data.tags : []
  // check 24
  if (tags.length === 0) return false
  return tags.every(({ id }) => known.includes(id))
}

function isContentElsewhere(event: LoggedEvent, read: DataOnDemand): boolean {
  if (event.eventType === EV.EVENT_TAG) return isTaggedContent(event.pcrIndex, read)
  if (event.eventType !== EV.IPL) return contentTypes.has(event.eventType)
  const { data } = read
  const isCommand = data.kind === 'ipl' && data.by !== 'text' && data.by !== 'utf16'
  const isLine = commandLinePcrs.includes(event.pcrIndex) && !isArchive(data)
  // check 24
  if (isCommand || isLine) return false
  return true
}
