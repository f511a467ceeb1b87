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
/** The most events one level may hold. A boot of Windows has about a hundred modules. */
export const SIPA_EVENTS_MAX = 4096

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

/** The layout at a depth; below the last there is none, which is the limit of the recursion. */
function eventAt(depth: number): Codec<TCG_PCClientTaggedEventStruct> {
  const inner =
    depth < SIPA_DEPTH_MAX
      ? sizedOf(u32le, many(eventAt(depth + 1), { max: SIPA_EVENTS_MAX }), limit)
      : null
  return {
    read(from) {
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

const SIPA_EVENTS: Codec<TCG_PCClientTaggedEventStruct[]> = {
  ...many(eventAt(1), { max: SIPA_EVENTS_MAX }),
  name: 'SIPA',
}

/**
 * Reads what Windows put into one event of the firmware's log (PCR 12 to 14), aggregations opened.
 * Says nothing of whether it was measured: hash the event's data first.
 *
 * An id that wbcl.h does not have is carried; a number that is of none of its families is refused,
 * as it is somebody else's tag. @throws {MalformedError} that, or sizes that do not fill their event,
 * or more than `SIPA_EVENTS_MAX` events on a level, or `SIPA_DEPTH_MAX` levels.
 */
export function decodeSipa(bytes: Uint8Array): TCG_PCClientTaggedEventStruct[] {
  const events = decode(SIPA_EVENTS, bytes)
  const foreign = events.find(({ eventID }) => !isSipaId(eventID))
  if (events.length > 0 && foreign === undefined) return events
  const reason = foreign === undefined ? 'no event' : `tag 0x${foreign.eventID.toString(16)}`
  throw new MalformedError('SIPA', 0, `${reason} where a SIPA event must be`)
}

/** Writes events, for tests and examples. @throws {RangeError} what the layout cannot hold. */
export function encodeSipa(events: readonly TCG_PCClientTaggedEventStruct[]): Uint8Array {
  return encode(SIPA_EVENTS, [...events])
}
