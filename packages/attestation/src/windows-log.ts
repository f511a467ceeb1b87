import { equalBytes, fromLatin1, MalformedError, Reader, u32le } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  decodeSipa,
  EV,
  isSipaId,
  type TCG_PCClientTaggedEventStruct,
  WINDOWS_SEPARATOR,
} from '@trusted-launch/eventlog'
import type { Occurrence } from './finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

/** Where Windows measures: its settings, what it loads, and who signed that. */
export const WINDOWS_PCR = { settings: 12, modules: 13, authorities: 14 } as const

/** Where the boot manager measures what BitLocker seals its key to. */
export const BITLOCKER_PCR = 11

/** What ends Windows' part of a register: afterwards the running system may measure what it likes. */
const wbcl = fromLatin1(WINDOWS_SEPARATOR)

/** An event of the firmware's log, and what Windows said in it. */
export interface WindowsEvent {
  readonly event: VerifiedEvent
  readonly tags: readonly TCG_PCClientTaggedEventStruct[]
}

/** Windows' part of a log: what was measured before each register's separator. */
export interface WindowsLog {
  /** PCR by PCR: between registers there is no order that a TPM vouches for. */
  readonly events: readonly WindowsEvent[]
  /** With any of these it supports no claim. */
  readonly faults: readonly Occurrence[]
  /** The events (by index) whose data, as it was measured, is of Windows, whatever type they say they are; and its ends. */
  readonly marks: readonly number[]
  /** Before an end something is not verified: it may be Windows', and is not read. Of PCR 14 it may be shim's. */
  readonly hides: boolean
  /** Whose events (by index) are Windows' own: the separators too, and what it tags after them. */
  readonly own: ReadonlySet<number>
}

/**
 * Reads what Windows measured into PCR 12 to 14, once each event's digest was computed again from its
 * data in every bank that has values. Null: what is verified of those registers is not of Windows.
 *
 * This verifies that: every event of PCR 12 and 13 before the separator is Windows' own and whole;
 * so is every tagged one of PCR 14, where shim measures too; each register that Windows used ends in
 * one separator "WBCL". What follows that is ignored. It does not prove that Windows measured it: where
 * Windows did not end a register, whoever runs later can extend it as Windows does.
 */
export function windowsLogOf(log: VerifiedEventLog): WindowsLog | null {
  const isMark = (event: VerifiedEvent) => isWindowsSeparator(log, event) || holdsSipa(log, event)
  if (!Object.values(WINDOWS_PCR).some((pcr) => log.eventsOf(pcr).some(isMark))) return null
  const parts = Object.values(WINDOWS_PCR).map((pcr) => partOf(log, pcr))
  const marks = parts.flatMap((part) => part.marks)
  const events = parts.flatMap((part) => part.events)
  const faults = parts.flatMap((part) => part.faults)
  const hides = parts.some((part) => part.hides)
  return { events, faults, marks, hides, own: new Set(parts.flatMap((part) => [...part.own])) }
}

/** Whether it is the separator that Windows ends a register's part with, by its digest in every bank. */
export function isWindowsSeparator(log: VerifiedEventLog, event: VerifiedEvent): boolean {
  const { eventType, pcrIndex, data } = event
  return (
    eventType === EV.SEPARATOR &&
    Object.values<number>(WINDOWS_PCR).includes(pcrIndex) &&
    equalBytes(data, wbcl) &&
    isWholeInEachBank(log, event)
  )
}

function partOf(log: VerifiedEventLog, pcr: number): WindowsLog {
  const all = log.eventsOf(pcr)
  const ends = all.filter((event) => isWindowsSeparator(log, event))
  const before = ends.length === 0 ? all : all.slice(0, all.indexOf(ends[0]!))
  const read = before.map((event) => readEvent(log, event))
  const events = read.filter((one) => one !== null && 'tags' in one)
  const faults = read.filter((one) => one !== null && 'id' in one)
  const used = events.length > 0 || (log.pcrs.has(pcr) && pcr !== WINDOWS_PCR.authorities)
  if (ends.length === 0 && used)
    faults.push({
      id: 'windows.separator.missing',
      summary: `PCR ${pcr} does not show where Windows' loader ended.`,
      pcr,
    })
  if (ends.length > 1)
    faults.push({
      id: 'windows.separator.repeated',
      summary: `PCR ${pcr} shows ${ends.length} ends of Windows' loader.`,
      pcr,
      events: ends.map(({ index }) => index),
    })
  const later = all.slice(before.length).filter(({ eventType }) => eventType === EV.EVENT_TAG)
  const own = [...events.map(({ event }) => event), ...ends, ...later].map(({ index }) => index)
  const marks = [...ends, ...all.filter((event) => holdsSipa(log, event))]
  const hides = before.some((event) => !isWholeInEachBank(log, event))
  return { events, faults, marks: marks.map(({ index }) => index), hides, own: new Set(own) }
}

/** By its data, which is measured; its type, which is not, only tells whether a broken one was meant so. */
function holdsSipa(log: VerifiedEventLog, event: VerifiedEvent): boolean {
  const { data, eventType } = event
  if (data.length < 8 || !isSipaId(u32le.read(new Reader(data)))) return false
  if (!isWholeInEachBank(log, event)) return false
  return eventType === EV.EVENT_TAG || !('malformed' in tagsOf(data))
}

function tagsOf(data: Uint8Array): Pick<WindowsEvent, 'tags'> | { readonly malformed: string } {
  try {
    return { tags: decodeSipa(data) }
  } catch (e) {
    if (e instanceof MalformedError) return { malformed: e.message }
    throw e
  }
}

/** What Windows said, or what is wrong with the event; null for shim's in PCR 14. */
function readEvent(log: VerifiedEventLog, event: VerifiedEvent): WindowsEvent | Occurrence | null {
  const { index, pcrIndex, eventType, data } = event
  const fault = (id: Occurrence['id'], reason: string): Occurrence => ({
    id,
    summary: `Event ${index} of Windows' part of PCR ${pcrIndex}: ${reason}.`,
    pcr: pcrIndex,
    events: [index],
  })
  const mayBeShims = eventType === EV.IPL && pcrIndex === WINDOWS_PCR.authorities
  if (mayBeShims && !holdsSipa(log, event)) return null
  if (!isWholeInEachBank(log, event))
    return fault('windows.data', 'its data is not what was measured')
  // only an event of the type that Windows writes is read as tags
  const { data: read } = event.explanation
  const isSipa = read.kind === 'tagged' && read.tags.every(({ id }) => isSipaId(id))
  if (!isSipa) return fault('windows.foreign', 'it is not of Windows')
  const found = tagsOf(data)
  return 'tags' in found ? { event, ...found } : fault('windows.malformed', found.malformed)
}

/** Whether the digest is of all of the data, in each bank that has a value for the register. */
function isWholeInEachBank({ values }: VerifiedEventLog, event: VerifiedEvent): boolean {
  return values
    .filter(({ pcrs }) => pcrs.has(event.pcrIndex))
    .every(({ bank }) => {
      const measured = event.digests.get(bank)
      return measured !== undefined && equalBytes(measured, digest(bank, event.data))
    })
}
