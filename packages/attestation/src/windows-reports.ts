import {
  isAggregation,
  SIPAERROR,
  SIPAEVENT,
  SIPAEVENTTYPE,
  sipaFamily,
  sipaName,
  type TCG_PCClientTaggedEventStruct,
} from '@trusted-launch/eventlog'
import type { Occurrence } from './finding-table.ts'
import type { WindowsEvent } from './windows-log.ts'

/** One thing that Windows reports: a number of `SIPAEVENT`, its bytes, where it stands. */
export interface Report {
  readonly id: number
  readonly data: Uint8Array
  readonly pcr: number
  /** The event of the log that holds it. */
  readonly event: number
}

/** A module or an ELAM driver: the reports that are about it. */
export type Aggregate = readonly Report[]

/** Everything Windows reports, flat, and by aggregate. */
export interface Reports {
  readonly all: readonly Report[]
  readonly modules: readonly Aggregate[]
  readonly elam: readonly Aggregate[]
  /** With any of these the log supports no claim. */
  readonly faults: readonly Occurrence[]
  /** Ids that wbcl.h does not have: what they say changes nothing of what others say. */
  readonly unknown: readonly Report[]
}

/** What one level may hold more than once. Of everything else the second would contradict, or hide, the first. */
const repeatable: ReadonlySet<number> = new Set([
  SIPAEVENT.TRUSTBOUNDARY,
  SIPAEVENT.LOADEDMODULE_AGGREGATION,
  SIPAEVENT.ELAM_AGGREGATION,
  SIPAEVENT.INFORMATION,
  SIPAEVENT.TRANSFER_CONTROL,
  SIPAEVENT.APPLICATION_RETURN,
  SIPAEVENT.BITLOCKER_UNLOCK,
  SIPAEVENT.SI_POLICY,
  SIPAEVENT.SI_POLICY_SIGNER,
  SIPAEVENT.SI_POLICY_UPDATE_SIGNER,
  SIPAEVENT.REFS_VOLUME_CHECKPOINT_RECORD_CHECKSUM,
  SIPAEVENT.REFS_ROLLBACK_PROTECTION_FROZEN_VOLUME_CHECKSUM,
  SIPAEVENT.REFS_ROLLBACK_PROTECTION_USER_PAYLOAD_HASH,
  SIPAEVENT.REFS_ROLLBACK_PROTECTION_VERIFICATION_SUCCEEDED,
  SIPAEVENT.REFS_ROLLBACK_PROTECTION_VOLUME_FIRST_EVER_MOUNT,
  SIPAEVENT.NOAUTHORITY,
  SIPAEVENT.AUTHORITYPUBKEY,
  ...Object.values(SIPAERROR),
])

/** Aggregations whose contents are understood; any other may hold anything, so it is not skipped. */
const understood: readonly number[] = [
  SIPAEVENT.TRUSTBOUNDARY,
  SIPAEVENT.LOADEDMODULE_AGGREGATION,
  SIPAEVENT.ELAM_AGGREGATION,
]
const known: ReadonlySet<number> = new Set(Object.values(SIPAEVENT))

type Found = { -readonly [K in keyof Reports]: Reports[K][number][] } & {
  /** Which faults of which events are told already: a long event is no long list of them. */
  readonly told: Set<string>
}

/** Takes apart what Windows said: every report, wherever it stands. */
export function reportsOf(events: readonly WindowsEvent[]): Reports {
  const found: Found = { all: [], modules: [], elam: [], faults: [], unknown: [], told: new Set() }
  for (const { event, tags } of events)
    walk(tags, { pcr: event.pcrIndex, event: event.index }, found)
  return found
}

type Place = Pick<Report, 'pcr' | 'event'>

function walk(
  tags: readonly TCG_PCClientTaggedEventStruct[],
  place: Place,
  found: Found,
): Aggregate {
  const seen = new Set<number>()
  const own: Report[] = []
  for (const { eventID: id, eventData } of tags) {
    if (seen.has(id) && known.has(id) && !repeatable.has(id))
      addFault(found, 'windows.duplicate', id, place, 'is said twice in one place')
    seen.add(id)
    if (eventData instanceof Uint8Array) own.push({ id, data: eventData, ...place })
    else open(id, eventData, place, found)
  }
  found.all.push(...own)
  found.unknown.push(...own.filter(isUnknown))
  return own
}

function open(
  id: number,
  tags: readonly TCG_PCClientTaggedEventStruct[],
  place: Place,
  found: Found,
): void {
  if (!understood.includes(id))
    addFault(found, 'windows.aggregation', id, place, 'holds what is not understood')
  const inner = walk(tags, place, found)
  if (id === SIPAEVENT.LOADEDMODULE_AGGREGATION) found.modules.push(inner)
  if (id === SIPAEVENT.ELAM_AGGREGATION) found.elam.push(inner)
}

function addFault(
  { faults, told }: Found,
  id: Occurrence['id'],
  sipa: number,
  { pcr, event }: Place,
  reason: string,
): void {
  const key = `${id} ${event}`
  if (told.has(key)) return
  told.add(key)
  const actual = sipaName(sipa)
  faults.push({ id, summary: `${actual} ${reason}.`, pcr, events: [event], actual })
}

function isUnknown({ id }: Report): boolean {
  return !known.has(id) && !isAggregation(id) && sipaFamily(id) !== SIPAEVENTTYPE.ERROR
}
