import { MalformedError } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, extendAll, type HashName } from '@trusted-launch/crypto'
import { EV, hasSignature, PCR_COUNT, SIGNATURE } from './constants.ts'
import type { EventLog, LoggedEvent } from './log.ts'

/** One PCR after the log, in one bank. */
export interface PcrReplay {
  readonly pcrIndex: number
  /** What the PCR holds before the first event. */
  readonly start: Uint8Array
  readonly value: Uint8Array
  /** The events that extended it, in log order. Empty: no event explains this PCR, it is at `start`. */
  readonly events: readonly LoggedEvent[]
}

/** Something in the log that would change where PCR 0 starts, and stands where it must not. */
export interface ReplayFault {
  readonly code:
    | 'startup-locality-malformed'
    | 'startup-locality-elsewhere'
    | 'startup-locality-late'
    | 'startup-locality-repeated'
    | 'h-crtm-elsewhere'
    | 'h-crtm-late'
  readonly eventIndex: number
}

/** What a TPM would hold, had it been extended with every event of the log. */
export interface Replay {
  readonly bank: HashName
  /** All 24 PCRs by number. */
  readonly pcrs: ReadonlyMap<number, PcrReplay>
  /** The locality TPM2_Startup came from, as the log says; null where it says nothing (locality 0). */
  readonly startupLocality: number | null
  /** True where a hardware root measured before TPM2_Startup. */
  readonly hCrtm: boolean
  /** A log with any of these is to be refused: it tries to choose PCR 0's start. The event itself is ignored. */
  readonly faults: readonly ReplayFault[]
}

const startupLocalities = [0, 3, 4]
const hCrtmStart = 4

/**
 * What each PCR holds after this log, in one bank. Equal to the quoted value, the log's digests are
 * those the TPM was extended with, in that order *within* each PCR. That proves nothing about the
 * events' types, nor about their data (`explain`), nor about the order between PCRs.
 *
 * EV_NO_ACTION never extends. PCRs 0-16 and 23 start at zeros, 17-22 at 0xFF; PCR 0 ends in the
 * startup locality, or in 4 where a hardware root measured first. Where events are told of PCRs 17-22 they start
 * at zeros: nothing extends them before a dynamic launch (locality 4) reset them. That says of no launch that it
 * was one: who it started, and whether it was measured, is for nobody here to say.
 *
 * @throws {MalformedError} the log has no such bank.
 * @see TPM 2.0 Part 1, "Initializing PCR", "H-CRTM"; PC Client PFP, "Startup Locality Event"; TCG D-RTM Architecture, "PCR Usage"
 */
export function replay(log: EventLog, bank: HashName): Replay {
  if (!log.algorithms.includes(bank))
    throw new MalformedError('EventLog.algorithms', 0, `no ${bank} bank`)
  const { startupLocality, hCrtm, faults } = startOfPcr0(log)
  const pcrs = new Map<number, PcrReplay>()
  const extending = eventsByPcr(log)
  for (let pcrIndex = 0; pcrIndex < PCR_COUNT; pcrIndex++) {
    const locality = hCrtm ? hCrtmStart : (startupLocality ?? 0)
    const events = extending[pcrIndex]!
    const launched = isDynamic(pcrIndex) && events.length > 0
    const start = launched
      ? new Uint8Array(DIGEST_SIZE[bank])
      : startValue(bank, pcrIndex, locality)
    const digests = events.map((event) => event.digests.get(bank)!)
    const value = extendAll(bank, start, digests)
    pcrs.set(pcrIndex, { pcrIndex, start, value, events })
  }
  return { bank, pcrs, startupLocality, hCrtm, faults }
}

/** A PCR's next value. TPM 2.0 Part 1, "Extend of a PCR". */
export function extend(bank: HashName, value: Uint8Array, by: Uint8Array): Uint8Array {
  return digest(bank, value, by)
}

/** A PCR's value after TPM2_Startup(CLEAR) from this locality. PC Client Platform TPM Profile, "PCR Attributes". */
export function startValue(bank: HashName, pcrIndex: number, startupLocality = 0): Uint8Array {
  const value = new Uint8Array(DIGEST_SIZE[bank])
  // check 19
  if (isDynamic(pcrIndex)) value.fill(0xff)
  if (pcrIndex === 0) value[value.length - 1] = startupLocality
  return value
}

/** Of a dynamic root of trust. */
function isDynamic(pcrIndex: number): boolean {
  return pcrIndex >= 17 && pcrIndex <= 22
}

function eventsByPcr(log: EventLog): LoggedEvent[][] {
  const events: LoggedEvent[][] = Array.from({ length: PCR_COUNT }, () => [])
  for (const event of log.events) {
    // check 17
    if (event.eventType === EV.NO_ACTION) continue
    events[event.pcrIndex]!.push(event)
  }
  return events
}

type Pcr0Start = { startupLocality: number | null; hCrtm: boolean; faults: ReplayFault[] }

function startOfPcr0(log: EventLog): Pcr0Start {
  const found: Pcr0Start = { startupLocality: null, hCrtm: false, faults: [] }
  let extended = false
  for (const event of log.events) {
    const fault = isStartupLocality(event)
      ? takeLocality(event, found, extended)
      : event.eventType === EV.EFI_HCRTM_EVENT
        ? takeHCrtm(event, found, extended)
        : null
    if (fault !== null) found.faults.push({ code: fault, eventIndex: event.index })
    if (event.pcrIndex === 0 && isMeasurement(event)) extended = true
  }
  return found
}

function isStartupLocality(event: LoggedEvent): boolean {
  return event.eventType === EV.NO_ACTION && hasSignature(event.data, SIGNATURE.startupLocality)
}

function isMeasurement(event: LoggedEvent): boolean {
  return event.eventType !== EV.NO_ACTION && event.eventType !== EV.EFI_HCRTM_EVENT
}

function takeLocality(
  event: LoggedEvent,
  found: Pcr0Start,
  extended: boolean,
): ReplayFault['code'] | null {
  if (event.pcrIndex !== 0) return 'startup-locality-elsewhere'
  if (extended) return 'startup-locality-late'
  if (found.startupLocality !== null) return 'startup-locality-repeated'
  const locality = event.data[16]
  if (event.data.length !== 17 || !startupLocalities.includes(locality!))
    return 'startup-locality-malformed'
  found.startupLocality = locality!
  return null
}

function takeHCrtm(
  event: LoggedEvent,
  found: Pcr0Start,
  extended: boolean,
): ReplayFault['code'] | null {
  if (event.pcrIndex !== 0) return 'h-crtm-elsewhere'
  if (extended) return 'h-crtm-late'
  found.hCrtm = true
  return null
}
