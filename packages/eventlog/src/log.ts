import {
  encode,
  fromLatin1,
  MalformedError,
  placed,
  Reader,
  Writer,
  within,
} from '@trusted-launch/codec'
import {
  BANKS,
  type Bank,
  bankOf,
  CC_REGISTER_COUNT,
  EV,
  hasSignature,
  MAX_EVENT_LOG_SIZE,
  PCR_COUNT,
  SIGNATURE,
} from './constants.ts'
import { TCG_EfiSpecIDEvent, TCG_PCR_EVENT, TCG_PCR_EVENT2 } from './event.ts'
import { decodeTcg12 } from './tcg12.ts'
import { checkRegister } from './trust-point.ts'

/** One event of a log, as its writer says. Nothing in it is verified yet. */
export interface LoggedEvent {
  /** Its place in the log, the Spec ID event being 0. */
  readonly index: number
  /** 0 to 23, or `NO_PCR`. */
  readonly pcrIndex: number
  /** A number of `EV`. Never measured: it may lie. */
  readonly eventType: number
  /** One digest for each bank of the log; none in the Spec ID event. */
  readonly digests: ReadonlyMap<Bank, Uint8Array>
  /** A view of the log's bytes. Measured only where `explain` says so. */
  readonly data: Uint8Array
}

/** How a log is written: TPM 2.0's several banks, or TPM 1.2's SHA-1 alone. */
export type EventLogFormat = 'crypto-agile' | 'tcg-1.2'

/** A whole event log, as its writer says. */
export interface EventLog {
  readonly format: EventLogFormat
  /** The banks every event has a digest for, in the order declared. */
  readonly algorithms: readonly Bank[]
  readonly specId: TCG_EfiSpecIDEvent | null
  readonly events: readonly LoggedEvent[]
}

/** What of the formats a log may have is taken. */
export interface DecodeOptions {
  /** The formats allowed; crypto-agile alone when not said. */
  formats?: readonly EventLogFormat[]
  /**
   * Where the bytes came from: an area of memory described by ACPI ends in 0xFF or 0x00. A confidential
   * VM's (CCEL) begins in register 1, and has registers 0 to 4 (Intel TDX: MRTD, RTMR 0-3) for PCRs.
   */
  padding?: 'none' | 'acpi'
}

/**
 * Reads an event log strictly. Says only that the bytes are a log: not that a TPM agrees (`replay`),
 * nor that the data of an event is what was measured (`explain`).
 *
 * The first event is a `Spec ID Event03`, alone of its kind; every other event has each declared
 * bank's digest exactly once; PCRs are 0 to 23, but for Windows' own quotes (`NO_PCR`); no byte is left over.
 *
 * @param log at most 1 MiB, as received. The events' data and digests are views of it.
 * @throws {MalformedError} with the event's number in the path.
 * @see TCG PC Client Platform Firmware Profile, "Event Logging"
 */
export function decodeEventLog(log: Uint8Array, options: DecodeOptions = {}): EventLog {
  // check 12
  if (log.length > MAX_EVENT_LOG_SIZE)
    throw new MalformedError('', MAX_EVENT_LOG_SIZE, `more than ${MAX_EVENT_LOG_SIZE} bytes`)
  const formats = options.formats ?? ['crypto-agile']
  const agile = isCryptoAgile(log)
  if (!agile && formats.includes('tcg-1.2')) return decodeTcg12(log)
  if (agile && !formats.includes('crypto-agile'))
    throw new MalformedError('', 0, 'the crypto-agile format is not allowed here')
  return within('EventLog', () => readCryptoAgile(new Reader(log), options.padding ?? 'none'))
}

function isCryptoAgile(log: Uint8Array): boolean {
  return hasSignature(log.subarray(32), SIGNATURE.specId03)
}

function readCryptoAgile(from: Reader, padding: 'none' | 'acpi'): EventLog {
  const { specId, algorithms, event } = within('events[0]', () => readSpecIdEvent(from, padding))
  const events = [event]
  const layout = TCG_PCR_EVENT2(algorithms)
  const registers = event.pcrIndex === ccFirstRegister ? CC_REGISTER_COUNT : PCR_COUNT
  try {
    while (from.remaining > 0 && !(padding === 'acpi' && isPadding(from)))
      events.push(readEvent(from, layout, events.length, registers))
  } catch (e) {
    throw placed(e, `events[${events.length}]`)
  }
  return { format: 'crypto-agile', algorithms, specId, events }
}

/** A confidential VM's log begins in its first run-time register, not in PCR 0. */
const ccFirstRegister = 1

function readSpecIdEvent(from: Reader, padding: 'none' | 'acpi') {
  const header = TCG_PCR_EVENT.read(from)
  const start = from.position - header.event.length
  const refuse = (reason: string) => new MalformedError('', start, reason)
  const first = header.pcrIndex === 0 || (padding === 'acpi' && header.pcrIndex === ccFirstRegister)
  // check 13
  if (!first || header.eventType !== EV.NO_ACTION)
    throw refuse('the first event must be EV_NO_ACTION in PCR 0')
  // check 13
  if (header.digest.some((byte) => byte !== 0)) throw refuse('a digest where zeros must be')
  // check 13
  if (!hasSignature(header.event, SIGNATURE.specId03))
    throw refuse('the first event must be Spec ID Event03')
  const specId = within('event', () => readWhole(header.event, start))
  const algorithms = specId.digestSizes.map(({ algorithmId, digestSize }) => {
    const bank = bankOf(algorithmId)
    if (bank === undefined) throw refuse(`algorithm 0x${algorithmId.toString(16)} is no known hash`)
    // check 13
    if (BANKS[bank].size !== digestSize) throw refuse(`${bank} digests of ${digestSize} bytes`)
    return bank
  })
  if (algorithms.length === 0) throw refuse('no algorithm is declared')
  // check 14
  if (new Set(algorithms).size !== algorithms.length) throw refuse('an algorithm declared twice')
  const event: LoggedEvent = {
    index: 0,
    pcrIndex: header.pcrIndex,
    eventType: EV.NO_ACTION,
    digests: new Map(),
    data: header.event,
  }
  return { specId, algorithms, event }
}

function readWhole(data: Uint8Array, base: number): TCG_EfiSpecIDEvent {
  const from = new Reader(data, base)
  const specId = TCG_EfiSpecIDEvent.read(from)
  from.finish()
  return specId
}

function readEvent(
  from: Reader,
  layout: ReturnType<typeof TCG_PCR_EVENT2>,
  index: number,
  registers: number,
): LoggedEvent {
  const start = from.position
  const { pcrIndex, eventType, digests, event: data } = layout.read(from)
  checkRegister({ pcrIndex, eventType, data }, start, registers)
  // check 13
  if (eventType === EV.NO_ACTION && hasSignature(data, SIGNATURE.specId03))
    throw new MalformedError('event', start, 'a second Spec ID event')
  return { index, pcrIndex, eventType, digests, data }
}

/** True where nothing follows but 0xFF, or nothing but 0x00. Looks further only if an event can't begin here. */
function isPadding(from: Reader): boolean {
  const rest = from.bytes.subarray(from.offset, from.end)
  const filler = rest[0]!
  if (filler !== 0xff && filler !== 0) return false
  const head = rest.subarray(0, 12)
  return head.every((byte) => byte === filler) && rest.every((byte) => byte === filler)
}

/**
 * Writes a log: for predicted logs and tests. What `decodeEventLog` reads comes out as the same bytes.
 * @throws {RangeError} an event without a digest for each of the log's banks.
 */
export function encodeEventLog(
  log: Pick<EventLog, 'algorithms' | 'events' | 'format'>,
): Uint8Array {
  const to = new Writer(1 << 14)
  const layout = TCG_PCR_EVENT2(log.algorithms)
  for (const { index, pcrIndex, eventType, digests, data } of log.events)
    if (log.format === 'tcg-1.2' || index === 0) {
      const digest = digests.get('sha1') ?? new Uint8Array(20)
      TCG_PCR_EVENT.write(to, { pcrIndex, eventType, digest, event: data })
    } else layout.write(to, { pcrIndex, eventType, digests, event: data })
  return to.finish()
}

/** An event to be written into a log: what `buildEventLog` takes. */
export type NewEvent = Omit<LoggedEvent, 'index'>

/** A log of these events, with a Spec ID event as OVMF writes it before them. */
export function buildEventLog(algorithms: readonly Bank[], events: readonly NewEvent[]): EventLog {
  const specId: TCG_EfiSpecIDEvent = {
    signature: fromLatin1(SIGNATURE.specId03),
    platformClass: 0,
    specVersionMinor: 0,
    specVersionMajor: 2,
    specErrata: 0,
    uintnSize: 2,
    digestSizes: algorithms.map((bank) => ({
      algorithmId: BANKS[bank].algorithmId,
      digestSize: BANKS[bank].size,
    })),
    vendorInfo: new Uint8Array(0),
  }
  const first: LoggedEvent = {
    index: 0,
    pcrIndex: 0,
    eventType: EV.NO_ACTION,
    digests: new Map(),
    data: encode(TCG_EfiSpecIDEvent, specId),
  }
  return {
    format: 'crypto-agile',
    algorithms,
    specId,
    events: [first, ...events.map((event, i) => ({ ...event, index: i + 1 }))],
  }
}
