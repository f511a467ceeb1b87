import { concat, equalBytes, fromLatin1 } from '@trusted-launch/codec'
import { type HashName, isDigestOf } from '@trusted-launch/crypto'
import { EV } from './constants.ts'
import type { EventData } from './event-data.ts'
import type { DataOnDemand, Range, Rule } from './explanation.ts'
import type { KnownDigest } from './known-digests.ts'
import type { LoggedEvent } from './log.ts'
import type { Quirk } from './quirks.ts'

/** A part of an event's data, or another form of it, that may be what was measured. */
export type MeasuredPart = { rule: Rule; covers: Range; quirk?: Quirk; bytes?: Uint8Array }

/**
 * What of the event's data gives its digest; null: nothing.
 * @param known what the digest is of, where that is known: the same bytes need no hash.
 */
export function measuredPart(
  event: LoggedEvent,
  bank: HashName,
  read: DataOnDemand,
  known: KnownDigest | null,
): MeasuredPart | null {
  const { data, eventType } = event
  const measured = event.digests.get(bank)
  if (measured === undefined) return null
  const isLast = isWholeUnlikely(event, read)
  if (!isLast && isWhole(data, bank, measured, known)) return wholeOf(data)
  if (formedTypes.has(eventType))
    for (const one of otherForms(event, read.data))
      if (isDigestOf(bank, one.bytes ?? data.subarray(one.covers.start, one.covers.end), measured))
        return one
  return isLast && isWhole(data, bank, measured, known) ? wholeOf(data) : null
}

function isWhole(
  data: Uint8Array,
  bank: HashName,
  measured: Uint8Array,
  known: KnownDigest | null,
): boolean {
  if (known !== null && equalBytes(data, known.bytes)) return true
  return isDigestOf(bank, data, measured)
}

/** Of a boot option the value alone is measured, of GRUB's commands what follows their prefix: tried first. */
function isWholeUnlikely({ eventType }: LoggedEvent, read: DataOnDemand): boolean {
  if (eventType !== EV.IPL) return eventType === EV.EFI_VARIABLE_BOOT
  const { data } = read
  return data.kind === 'ipl' && data.prefix !== ''
}

const wholeOf = ({ length }: Uint8Array): MeasuredPart => ({
  rule: 'whole-event',
  covers: { start: 0, end: length },
})

/** Types of which something else than all of the data may be measured. */
const formedTypes: ReadonlySet<number> = new Set([
  EV.EFI_VARIABLE_BOOT,
  EV.EFI_VARIABLE_BOOT2,
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_VARIABLE_AUTHORITY,
  EV.IPL,
  EV.ACTION,
  EV.EFI_ACTION,
  EV.POST_CODE,
  EV.POST_CODE2,
  EV.EVENT_TAG,
])

function otherForms(event: LoggedEvent, data: EventData): MeasuredPart[] {
  switch (data.kind) {
    case 'variable':
      return variableForms(event, data)
    case 'ipl':
      return iplForms(event.data, data)
    case 'action':
    case 'post-code':
      return withoutNul(event.data)
    case 'tagged':
      return data.tags.length === 1 ? [taggedData(event.data.length)] : []
    default:
      return []
  }
}

function taggedData(end: number): MeasuredPart {
  return { rule: 'tagged-data', covers: { start: 8, end }, quirk: 'tag-data-only' }
}

function variableForms(
  { eventType, data, digests }: LoggedEvent,
  { variable, extra }: EventData & { kind: 'variable' },
): MeasuredPart[] {
  const stop = data.length - extra
  const covers = { start: stop - variable.variableData.length, end: stop }
  const value: MeasuredPart = { rule: 'variable-value', covers }
  const sha1Only = digests.size === 1 && digests.has('sha1')
  switch (eventType) {
    case EV.EFI_VARIABLE_BOOT:
      return [value, { ...wholeOf(data), quirk: 'variable-boot-whole' }]
    case EV.EFI_VARIABLE_BOOT2:
      return [{ ...value, quirk: 'variable-boot2-value' }]
    case EV.EFI_VARIABLE_DRIVER_CONFIG:
      return sha1Only ? [{ ...value, quirk: 'driver-config-value' }] : []
    default:
      return [withoutLastByte(data)]
  }
}

function withoutLastByte({ length }: Uint8Array): MeasuredPart {
  const covers = { start: 0, end: length - 1 }
  return { rule: 'without-last-byte', covers, quirk: 'authority-extra-byte' }
}

function iplForms(bytes: Uint8Array, data: EventData & { kind: 'ipl' }): MeasuredPart[] {
  if (data.by === 'text') return withoutNul(bytes)
  if (data.by === 'utf16') return [narrowText(bytes, data.text), ...cutShort(bytes)]
  const start = data.prefix.length
  const end = bytes.length
  const withNul: MeasuredPart = {
    rule: 'text-without-prefix-with-nul',
    covers: { start, end },
    quirk: 'text-with-nul',
  }
  if (bytes[end - 1] !== 0) return [{ rule: 'text-without-prefix', covers: { start, end } }]
  return [{ rule: 'text-without-prefix', covers: { start, end: end - 1 } }, withNul]
}

function narrowText(bytes: Uint8Array, text: string): MeasuredPart {
  return {
    rule: 'narrow-text-with-nul',
    covers: { start: 0, end: bytes.length },
    quirk: 'section-name-narrow',
    bytes: fromLatin1(`${text}\0`),
  }
}

function cutShort(bytes: Uint8Array): MeasuredPart[] {
  if (bytes.length % 2 === 0) return []
  const covers = { start: 0, end: bytes.length }
  const whole = concat(bytes, new Uint8Array(1))
  return [{ rule: 'text-cut-short', covers, quirk: 'text-cut-short', bytes: whole }]
}

function withoutNul(bytes: Uint8Array): MeasuredPart[] {
  const end = bytes.length - 1
  if (bytes[end] !== 0) return []
  return [{ rule: 'text-without-nul', covers: { start: 0, end }, quirk: 'text-without-nul' }]
}
