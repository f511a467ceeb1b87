import { fromUtf16le, MalformedError, nameOf, Reader, toHex, u16le } from '@trusted-launch/codec'
import { nameOfGuid } from '@trusted-launch/uefi'
import { EV } from './constants.ts'
import type { EventData } from './event-data.ts'
import type { Explanation } from './explanation.ts'
import type { LoggedEvent } from './log.ts'
import { QUIRKS } from './quirks.ts'
import { decodeSipa, type TCG_PCClientTaggedEventStruct } from './sipa.ts'
import { isAggregation, isSipaId, sipaName } from './sipa-ids.ts'
import { NO_PCR } from './trust-point.ts'

const shownCharsMax = 160
const shownDigestChars = 16

/** An event's type by its specification's name. */
export function eventTypeName(event: Pick<LoggedEvent, 'eventType'>): string {
  return nameOf(EV, event.eventType)
}

/**
 * What an event's data says, in a line for people: no control characters, at most 160 characters.
 * As believable as the explanation it came from.
 */
export function describeData(data: EventData): string {
  const text = (describers[data.kind] as (data: EventData) => string)(data)
  const plain = text.replace(
    /[^\x20-\x7e]/g,
    (c) => `\\x${(c.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`,
  )
  return plain.length <= shownCharsMax ? plain : `${plain.slice(0, shownCharsMax - 1)}…`
}

/** A line for an event: number, PCR, type, digest's beginning, verdict on the data, what it says. */
export function describeEvent(
  event: LoggedEvent,
  explanation: Explanation,
  digest?: Uint8Array,
): string {
  const cells = [
    String(event.index).padStart(4),
    `PCR ${(event.pcrIndex === NO_PCR ? '-' : String(event.pcrIndex)).padEnd(2)}`,
    eventTypeName(event).padEnd(32),
    (digest === undefined ? '-' : toHex(digest).slice(0, shownDigestChars)).padEnd(
      shownDigestChars,
    ),
    marks[explanation.status],
    [describeData(explanation.data), ...notesOf(explanation)].join('  '),
  ]
  return cells.join('  ').trimEnd()
}

/** What a reader should know beside the data: deviations, disguises. */
export function notesOf({ quirk, disguised }: Explanation): string[] {
  const notes: string[] = []
  if (quirk !== null) notes.push(`(${quirk}: ${QUIRKS[quirk]})`)
  if (disguised !== null) notes.push(`(measures "${disguised}" under another type)`)
  return notes
}

const marks: Readonly<Record<Explanation['status'], string>> = {
  verified: 'verified  ',
  'content-elsewhere': 'digest    ',
  mismatch: 'MISMATCH  ',
  'not-extended': 'unmeasured',
}

type Describers = { [K in EventData['kind']]: (data: Extract<EventData, { kind: K }>) => string }

const describers: Describers = {
  'spec-id': ({ specId }) =>
    `Spec ID Event03, version ${specId.specVersionMajor}.${specId.specVersionMinor}, ${specId.digestSizes.length} bank(s)`,
  'startup-locality': ({ locality }) => `TPM2_Startup from locality ${locality}`,
  'sp800-155': ({ platform, referenceManifestGuid }) =>
    `reference manifest ${referenceManifestGuid} ${platform}`,
  'no-action': ({ signature, bytes }) => signature || `${bytes.length} bytes`,
  separator: ({ value }) => `separator 0x${value.toString(16).padStart(8, '0')}`,
  action: ({ text }) => text,
  variable: ({ variable: { variableName, unicodeName, variableData } }) =>
    `${unicodeName} (${nameOfGuid(variableName)}) = ${shownBytes(variableData)}`,
  'image-load': ({ image }) =>
    `${filePathOf(image.devicePath)} at 0x${image.imageLocationInMemory.toString(16)}, ${image.imageLengthInMemory} bytes`,
  gpt: ({ gpt }) =>
    `partition table ${gpt.uefiPartitionHeader.diskGUID}: ${gpt.partitions.length} partition(s)`,
  'firmware-blob': ({ base, length, description }) =>
    `${description} 0x${base.toString(16)}, ${length} bytes`.trim(),
  'handoff-tables': ({ tables, description }) =>
    `${description} ${tables.map(({ vendorGuid }) => nameOfGuid(vendorGuid)).join(', ')}`.trim(),
  'crtm-version': ({ text }) => `version "${text}"`,
  'h-crtm': ({ text }) => text,
  'post-code': ({ text }) => text,
  ipl: ({ by, text }) => (by === 'text' || by === 'utf16' ? text : `${by}: ${text}`),
  tagged: ({ tags }) => tags.map(tagText).join(', '),
  opaque: ({ bytes }) => shownBytes(bytes),
  undecodable: ({ bytes, reason }) => `${bytes.length} bytes not understood: ${reason}`,
}

function tagText({ id, data }: { id: number; data: Uint8Array }): string {
  if (!isSipaId(id)) return `tag 0x${id.toString(16)} ${shownBytes(data)}`
  return `${sipaName(id)} ${sipaDataText(id, data)}`
}

/** What an aggregation holds, by the short names of that; else bytes. */
function sipaDataText(id: number, data: Uint8Array): string {
  if (!isAggregation(id) || data.length === 0) return shownBytes(data)
  try {
    return eventsText(decodeSipa(data))
  } catch (e) {
    if (e instanceof MalformedError) return `${data.length} bytes not understood`
    throw e
  }
}

function eventsText(events: readonly TCG_PCClientTaggedEventStruct[]): string {
  const texts = events.map(({ eventID, eventData }) => {
    const name = sipaName(eventID).replace(/^SIPA(EVENT|ERROR)_/, '')
    const held = eventData instanceof Uint8Array ? shownBytes(eventData) : eventsText(eventData)
    return `${name} ${held}`
  })
  return `{ ${texts.join(', ')} }`
}

function shownBytes(bytes: Uint8Array): string {
  return bytes.length <= 16 ? toHex(bytes) || 'nothing' : `${bytes.length} bytes`
}

const endOfPath = 0x7f
const mediaDevicePath = 4
const filePathNode = 4

/** The file a device path ends in, `an image` where it names none. UEFI 2.10, 10.3.5.4. */
function filePathOf(devicePath: Uint8Array): string {
  const from = new Reader(devicePath)
  let path = ''
  while (from.remaining >= 4) {
    const [type, subType] = from.take(2)
    const length = u16le.read(from)
    if (type === endOfPath || length < 4 || length - 4 > from.remaining) break
    const data = from.take(length - 4)
    if (type === mediaDevicePath && subType === filePathNode && data.length % 2 === 0)
      path += fromUtf16le(data).replace(/\0.*$/s, '')
  }
  return path === '' ? 'an image' : path
}
