import {
  type Codec,
  decode,
  encode,
  MalformedError,
  many,
  sized,
  sizedOf,
  u32le,
  within,
} from '@trusted-launch/codec'
import { MAX_EVENT_LOG_SIZE } from './constants.ts'
import { isAggregation, isSipaId, sipaName } from './sipa-ids.ts'

/** Levels of events inside events, the last without aggregations. Windows has three. */
export const SIPA_DEPTH_MAX = 8
/**
 * The most events that one event of the firmware's log may hold, on all levels. A boot of Windows has
 * about a hundred modules of ten events. An event may be of 8 bytes and its value takes 160, so it is
 * their number that bounds the memory.
 */
export const SIPA_EVENTS_MAX = 8192

/**
 * One thing Windows measured of its boot: a number, and bytes, or the events it aggregates. Whether
 * it aggregates is said by `eventID` (`isAggregation`). Windows SDK, wbcl.h.
 */
export interface TCG_PCClientTaggedEventStruct {
  readonly eventID: number
  readonly eventData: Uint8Array | readonly TCG_PCClientTaggedEventStruct[]
}

const limit = { max: MAX_EVENT_LOG_SIZE }
const leaf = sized(u32le, limit)

/**
 * The layout at a depth; below the last there is none, which is the limit of the recursion.
 * @param count the events read so far, on all levels.
 */
function eventAt(depth: number, count: { read: number }): Codec<TCG_PCClientTaggedEventStruct> {
  const inner =
    depth < SIPA_DEPTH_MAX
      ? sizedOf(u32le, many(eventAt(depth + 1, count), { max: SIPA_EVENTS_MAX }), limit)
      : null
  return {
    read(from) {
      if (++count.read > SIPA_EVENTS_MAX)
        throw from.malformed(`more than ${SIPA_EVENTS_MAX} events`)
      const eventID = u32le.read(from)
      if (!isAggregation(eventID)) return { eventID, eventData: leaf.read(from) }
      if (inner === null) throw from.malformed(`nested deeper than ${SIPA_DEPTH_MAX}`)
      return { eventID, eventData: within(sipaName(eventID), () => inner.read(from)) }
    },
    write(to, { eventID, eventData }) {
      if (isAggregation(eventID) === eventData instanceof Uint8Array)
        throw new RangeError(`${sipaName(eventID)} with data of the other kind`)
      u32le.write(to, eventID)
      if (eventData instanceof Uint8Array) leaf.write(to, eventData)
      else if (inner === null) throw new RangeError(`nested deeper than ${SIPA_DEPTH_MAX}`)
      else inner.write(to, [...eventData])
    },
  }
}

/** Made for each use: it counts. */
function eventsOnce(): Codec<TCG_PCClientTaggedEventStruct[]> {
  return { ...many(eventAt(1, { read: 0 }), { max: SIPA_EVENTS_MAX }), name: 'SIPA' }
}

/**
 * Reads what Windows put into one event of the firmware's log (PCR 12 to 14), aggregations opened.
 * Says nothing of whether it was measured: hash the event's data first.
 *
 * An id that wbcl.h does not have is carried; a number that is of none of its families is refused,
 * as it is somebody else's tag. @throws {MalformedError} that, or sizes that do not fill their event,
 * or more than `SIPA_EVENTS_MAX` events, or `SIPA_DEPTH_MAX` levels.
 */
export function decodeSipa(bytes: Uint8Array): TCG_PCClientTaggedEventStruct[] {
  const events = decode(eventsOnce(), bytes)
  const foreign = events.find(({ eventID }) => !isSipaId(eventID))
  if (events.length > 0 && foreign === undefined) return events
  const reason = foreign === undefined ? 'no event' : `tag 0x${foreign.eventID.toString(16)}`
  throw new MalformedError('SIPA', 0, `${reason} where a SIPA event must be`)
}

/** Writes events, for tests and examples. @throws {RangeError} what the layout cannot hold. */
export function encodeSipa(events: readonly TCG_PCClientTaggedEventStruct[]): Uint8Array {
  return encode(eventsOnce(), [...events])
}
