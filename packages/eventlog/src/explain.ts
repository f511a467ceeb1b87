import { concat, fromLatin1 } from '@trusted-launch/codec'
import { type HashName, isDigestOf } from '@trusted-launch/crypto'
import { EV } from './constants.ts'
import { decodeEventData, type EventData } from './event-data.ts'
import { disguiseOf } from './known-digests.ts'
import type { LoggedEvent } from './log.ts'
import type { Quirk } from './quirks.ts'

/** Bytes of an event's data, from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** How an event's digest comes out of its data. */
export type Rule =
  | 'whole-event'
  | 'variable-value'
  | 'without-last-byte'
  | 'text-without-nul'
  | 'text-without-prefix'
  | 'text-without-prefix-with-nul'
  | 'narrow-text-with-nul'
  | 'text-cut-short'
  | 'tagged-data'

/**
 * - `verified`: the digest was computed again from the data.
 * - `content-elsewhere`: the digest is of something the log does not hold (a file, an image); the data
 *   beside it is the writer's unmeasured word.
 * - `mismatch`: the data ought to give the digest and does not. Never a basis for a claim.
 * - `not-extended`: EV_NO_ACTION; no PCR knows of it.
 */
export type ExplanationStatus = 'verified' | 'content-elsewhere' | 'mismatch' | 'not-extended'

/** What is known about one event in one bank. */
export interface Explanation {
  readonly kind: EventData['kind']
  /** The data read by its type's layout. Only as good as `covers` says. */
  readonly data: EventData
  readonly status: ExplanationStatus
  /** `status === 'verified'`. */
  readonly verified: boolean
  readonly rule: Rule | null
  /** The bytes of the event's data that the digest vouches for; null: none of them. */
  readonly covers: Range | null
  /** A known deviation that was needed to understand this event. */
  readonly quirk: Quirk | null
  /** What it measures though its type says otherwise (a separator under another type …). */
  readonly disguised: string | null
}

type Candidate = { rule: Rule; covers: Range; quirk?: Quirk; bytes?: Uint8Array }

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
  const data = decodeEventData(event)
  const common = { kind: data.kind, data }
  const disguised = disguiseOf(event, bank)
  const none = { verified: false, rule: null, covers: null, quirk: null, disguised }
  // check 17
  if (event.eventType === EV.NO_ACTION) return { ...common, ...none, status: 'not-extended' }
  const measured = event.digests.get(bank)
  for (const { rule, covers, quirk, bytes } of candidates(event, data)) {
    const input = bytes ?? event.data.subarray(covers.start, covers.end)
    if (measured !== undefined && isDigestOf(bank, input, measured))
      return {
        ...common,
        status: 'verified',
        verified: true,
        rule,
        covers,
        quirk: quirkOf(data, quirk),
        disguised: rule === 'variable-value' && isBootOption(event) ? null : disguised,
      }
  }
  const status = isContentElsewhere(event, data) ? 'content-elsewhere' : 'mismatch'
  const version = status === 'mismatch' && event.eventType === EV.S_CRTM_VERSION
  return { ...common, ...none, status, quirk: version ? 'version-elsewhere' : null }
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

function quirkOf(data: EventData, quirk: Quirk | undefined): Quirk | null {
  if (quirk !== undefined) return quirk
  if (data.kind === 'separator' && data.value === 0xffffffff) return 'separator-of-ones'
  if (data.kind !== 'variable' || data.variable.unicodeName !== 'SecureBoot') return null
  return data.variable.variableData.length === 0 ? 'secure-boot-empty' : null
}

function candidates(event: LoggedEvent, data: EventData): Candidate[] {
  const end = event.data.length
  const whole: Candidate = { rule: 'whole-event', covers: { start: 0, end } }
  switch (data.kind) {
    case 'variable':
      return variableCandidates(event, data)
    case 'ipl':
      return [whole, ...iplCandidates(event.data, data)]
    case 'action':
    case 'post-code':
      return [whole, ...withoutNul(event.data)]
    case 'tagged':
      return data.tags.length === 1 ? [whole, taggedData(end)] : [whole]
    default:
      return [whole]
  }
}

function taggedData(end: number): Candidate {
  return { rule: 'tagged-data', covers: { start: 8, end }, quirk: 'tag-data-only' }
}

function variableCandidates(
  { eventType, data, digests }: LoggedEvent,
  { variable, extra }: EventData & { kind: 'variable' },
): Candidate[] {
  const end = data.length
  const sha1Only = digests.size === 1 && digests.has('sha1')
  const stop = end - extra
  const start = stop - variable.variableData.length
  const whole: Candidate = { rule: 'whole-event', covers: { start: 0, end } }
  const value: Candidate = { rule: 'variable-value', covers: { start, end: stop } }
  if (eventType === EV.EFI_VARIABLE_BOOT) return [value, { ...whole, quirk: 'variable-boot-whole' }]
  if (eventType === EV.EFI_VARIABLE_BOOT2)
    return [whole, { ...value, quirk: 'variable-boot2-value' }]
  if (eventType === EV.EFI_VARIABLE_DRIVER_CONFIG)
    return sha1Only ? [whole, { ...value, quirk: 'driver-config-value' }] : [whole]
  if (eventType !== EV.EFI_VARIABLE_AUTHORITY) return [whole]
  const covers = { start: 0, end: end - 1 }
  return [whole, { rule: 'without-last-byte', covers, quirk: 'authority-extra-byte' }]
}

function iplCandidates(bytes: Uint8Array, data: EventData & { kind: 'ipl' }): Candidate[] {
  if (data.by === 'text') return withoutNul(bytes)
  if (data.by === 'utf16') return [narrowText(bytes, data.text), ...cutShort(bytes)]
  const start = data.prefix.length
  const end = bytes.length
  const withNul: Candidate = {
    rule: 'text-without-prefix-with-nul',
    covers: { start, end },
    quirk: 'text-with-nul',
  }
  if (bytes[end - 1] !== 0) return [{ rule: 'text-without-prefix', covers: { start, end } }]
  return [{ rule: 'text-without-prefix', covers: { start, end: end - 1 } }, withNul]
}

function narrowText(bytes: Uint8Array, text: string): Candidate {
  return {
    rule: 'narrow-text-with-nul',
    covers: { start: 0, end: bytes.length },
    quirk: 'section-name-narrow',
    bytes: fromLatin1(`${text}\0`),
  }
}

function cutShort(bytes: Uint8Array): Candidate[] {
  if (bytes.length % 2 === 0) return []
  const covers = { start: 0, end: bytes.length }
  const whole = concat(bytes, new Uint8Array(1))
  return [{ rule: 'text-cut-short', covers, quirk: 'text-cut-short', bytes: whole }]
}

function withoutNul(bytes: Uint8Array): Candidate[] {
  const end = bytes.length - 1
  if (bytes[end] !== 0) return []
  return [{ rule: 'text-without-nul', covers: { start: 0, end }, quirk: 'text-without-nul' }]
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

/** Where the Linux EFI stub (PCR 9) and systemd's loader and stub tag what they loaded: the digest is of that. */
const taggedContentPcrs: Readonly<Record<number, readonly number[] | 'any'>> = {
  5: [0xf5bc582a],
  9: 'any',
  12: [0x6c46f751, 0x49dffe0f, 0xdac08e1a],
}

function isTaggedContent(pcrIndex: number, data: EventData): boolean {
  const known = taggedContentPcrs[pcrIndex] ?? []
  if (known === 'any') return true
  return data.kind === 'tagged' && data.tags.every(({ id }) => known.includes(id))
}

function isContentElsewhere(event: LoggedEvent, data: EventData): boolean {
  if (event.eventType === EV.EVENT_TAG) return isTaggedContent(event.pcrIndex, data)
  if (event.eventType !== EV.IPL) return contentTypes.has(event.eventType)
  const isCommand = data.kind === 'ipl' && data.by !== 'text' && data.by !== 'utf16'
  return !isCommand && !commandLinePcrs.includes(event.pcrIndex)
}
