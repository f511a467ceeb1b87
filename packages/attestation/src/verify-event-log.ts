import { equalBytes, MalformedError, toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import {
  decodeEventLog,
  decodeImaList,
  decodeUserspaceLog,
  type EventLog,
  type Explanation,
  explain,
  IMA_PCR,
  type ImaEntry,
  type ImaReplay,
  type LoggedEvent,
  type Replay,
  replay,
  replayIma,
  replayUserspaceLog,
  type UserspaceRecord,
} from '@trusted-launch/eventlog'
import { COMPONENT } from './component.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'
import type { VerifiedQuote } from './verify-quote.ts'

/** The logs as the guest gave them. */
export interface Logs {
  readonly eventLog: Uint8Array | null
  readonly imaLog: Uint8Array | null
  readonly userspaceLog: Uint8Array | null
}

/** An event whose digest a quoted PCR vouches for, and what its data is worth. */
export interface VerifiedEvent extends LoggedEvent {
  /** In the strongest quoted bank. */
  readonly digest: Uint8Array
  readonly explanation: Explanation
}

/** Kernels' and systemd's own registers: their logs may go on where the firmware's ends. */
const userspacePcrs: readonly number[] = [8, 9, 11, 12, 13, 15]
const strength: readonly HashName[] = ['sha512', 'sha384', 'sha256', 'sha1']

interface Parts {
  readonly log: EventLog
  readonly replays: ReadonlyMap<HashName, Replay>
  readonly ima: ReadonlyMap<HashName, ImaReplay>
  readonly userspace: readonly UserspaceRecord[]
}

/** An event log that gives exactly the quoted PCRs, in every quoted bank. Only `verify` makes one. */
export class VerifiedEventLog {
  readonly #proof = true
  /** The strongest quoted bank: everything said of events is said of their digests in it. */
  readonly bank: HashName
  readonly log: EventLog
  readonly quotes: readonly VerifiedQuote[]
  readonly events: readonly VerifiedEvent[]
  readonly replays: ReadonlyMap<HashName, Replay>
  /** By bank; without an entry where there is no list, or PCR 10 is still at its start. */
  readonly ima: ReadonlyMap<HashName, ImaReplay>
  readonly userspace: readonly UserspaceRecord[]

  private constructor(bank: HashName, quotes: readonly VerifiedQuote[], parts: Parts) {
    this.bank = bank
    this.quotes = quotes
    this.log = parts.log
    this.replays = parts.replays
    this.ima = parts.ima
    this.userspace = parts.userspace
    const none = new Uint8Array()
    this.events = parts.log.events.map((event) => ({
      ...event,
      digest: event.digests.get(bank) ?? none,
      explanation: explain(event, bank),
    }))
  }

  /** Always true: what makes the type nominal. */
  get isVerified(): boolean {
    return this.#proof
  }

  /** The quoted values of the strongest bank. */
  get pcrs(): ReadonlyMap<number, Uint8Array> {
    return this.quotes.find(({ bank }) => bank === this.bank)!.pcrs
  }

  /** The events that extended this PCR, in order. */
  eventsOf(pcrIndex: number): VerifiedEvent[] {
    const extending = this.replays.get(this.bank)!.pcrs.get(pcrIndex)?.events ?? []
    return extending.map(({ index }) => this.events[index]!)
  }

  /**
   * This verifies that: the log parses strictly; it has every quoted bank; in each of them it replays
   * to every quoted PCR, or the kernel's IMA list (PCR 10) or systemd's log goes on from where it
   * ends to the quoted value; nothing tries to choose where PCR 0 starts; and a PCR that no log
   * explains is at its reset value.
   *
   * It proves digests and their order within each PCR: neither types, nor data, nor the order across
   * PCRs.
   */
  static verify(
    logs: Logs,
    quotes: readonly VerifiedQuote[],
  ): VerifiedEventLog | readonly Finding[] {
    if (logs.eventLog === null || logs.eventLog.length === 0)
      return [findingOf({ id: 'eventlog.missing', summary: 'The evidence has no event log.' })]
    const parts = decodeAll(logs.eventLog, logs, quotes)
    if (!('log' in parts)) return parts
    const faults = faultsOf(parts, quotes)
    if (faults.length > 0) return faults
    const bank = strength.find((name) => quotes.some((quote) => quote.bank === name))
    if (bank === undefined) return [findingOf({ id: 'quote.missing', summary: 'No quote.' })]
    return new VerifiedEventLog(bank, quotes, parts)
  }
}

function decodeAll(
  bytes: Uint8Array,
  logs: Logs,
  quotes: readonly VerifiedQuote[],
): Parts | readonly Finding[] {
  const log = attempt('eventlog.malformed', () => decodeEventLog(bytes))
  if ('severity' in log) return [log]
  const replays = new Map<HashName, Replay>()
  for (const { bank } of quotes) {
    if (!log.algorithms.includes(bank))
      return [findingOf({ id: 'eventlog.bank', summary: `The log has no ${bank} digests.` })]
    replays.set(bank, replay(log, bank))
  }
  const list = attempt('ima.malformed', () => decodeImaList(logs.imaLog ?? new Uint8Array()))
  if ('severity' in list) return [list]
  const userspace = attempt('userspace-log.malformed', () =>
    decodeUserspaceLog(logs.userspaceLog ?? new Uint8Array()),
  )
  if ('severity' in userspace) return [userspace]
  return { log, replays, ima: replayLists(list, replays, quotes), userspace }
}

function replayLists(
  list: readonly ImaEntry[],
  replays: ReadonlyMap<HashName, Replay>,
  quotes: readonly VerifiedQuote[],
): Map<HashName, ImaReplay> {
  const found = new Map<HashName, ImaReplay>()
  for (const { bank, pcrs } of quotes) {
    const quoted = pcrs.get(IMA_PCR)
    const start = replays.get(bank)!.pcrs.get(IMA_PCR)!.value
    if (quoted === undefined || equalBytes(quoted, start)) continue
    if (list.length > 0) found.set(bank, replayIma(list, bank, quoted, { start }))
  }
  return found
}

function attempt<T extends object>(
  id: 'eventlog.malformed' | 'ima.malformed' | 'userspace-log.malformed',
  read: () => T,
): T | Finding {
  try {
    return read()
  } catch (e) {
    if (e instanceof MalformedError) return findingOf({ id, summary: e.message })
    throw e
  }
}

function faultsOf(parts: Parts, quotes: readonly VerifiedQuote[]): Finding[] {
  const faults: Finding[] = []
  const [first] = parts.replays.values()
  for (const { code, eventIndex } of first?.faults ?? [])
    faults.push(
      findingOf({
        id: 'eventlog.start',
        summary: `The log tries to choose where PCR 0 starts: ${code}.`,
        pcr: 0,
        events: [eventIndex],
      }),
    )
  for (const quote of quotes)
    for (const [pcr, value] of quote.pcrs) {
      const fault = faultOfPcr(parts, quote.bank, pcr, value)
      if (fault !== null) faults.push(fault)
    }
  return faults
}

function faultOfPcr(parts: Parts, bank: HashName, pcr: number, quoted: Uint8Array) {
  const replayed = parts.replays.get(bank)!.pcrs.get(pcr)!
  if (equalBytes(replayed.value, quoted)) return null
  const ima = parts.ima.get(bank)
  if (pcr === IMA_PCR && ima !== undefined) {
    if (ima.matched !== null) return null
    return mismatch('ima.replay', 'The IMA list does not give PCR 10.', pcr, ima.value, quoted)
  }
  const after = valueAfterUserspace(parts, bank, pcr)
  if (after !== null && equalBytes(after, quoted)) return null
  if (replayed.events.length > 0)
    return mismatch(
      'eventlog.replay',
      `The event log does not give PCR ${pcr} (${bank}).`,
      pcr,
      replayed.value,
      quoted,
      replayed.events.map(({ index }) => index),
    )
  const component = pcr === IMA_PCR ? { component: COMPONENT.ima } : {}
  const summary = `No log explains what PCR ${pcr} (${bank}) holds.`
  return { ...mismatch('pcr.unexplained', summary, pcr, replayed.start, quoted), ...component }
}

function valueAfterUserspace(parts: Parts, bank: HashName, pcr: number): Uint8Array | null {
  if (!userspacePcrs.includes(pcr) || parts.userspace.length === 0) return null
  const start = new Map([...parts.replays.get(bank)!.pcrs].map(([n, { value }]) => [n, value]))
  try {
    return replayUserspaceLog(parts.userspace, bank, start).get(pcr) ?? null
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function mismatch(
  id: 'ima.replay' | 'eventlog.replay' | 'pcr.unexplained',
  summary: string,
  pcr: number,
  computed: Uint8Array,
  quoted: Uint8Array,
  events: readonly number[] = [],
): Finding {
  return findingOf({ id, summary, pcr, events, expected: toHex(computed), actual: toHex(quoted) })
}
