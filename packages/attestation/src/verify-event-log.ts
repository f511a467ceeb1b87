import type { HashName } from '@trusted-launch/crypto'
import {
  type EventLog,
  type Explanation,
  explain,
  type ImaReplay,
  type LoggedEvent,
  type Replay,
  type UserspaceRecord,
} from '@trusted-launch/eventlog'
import { explainPcrs } from './explain-pcrs.ts'
import { findingOf } from './finding-table.ts'
import type { Profile } from './profile.ts'
import { type Logs, type ReadLogs, readLogs } from './read-logs.ts'
import type { Finding } from './result.ts'
import type { VerifiedQuote } from './verify-quote.ts'

/** An event whose digest a quoted PCR vouches for, and what its data is worth. */
export interface VerifiedEvent extends LoggedEvent {
  /** In the strongest quoted bank. */
  readonly digest: Uint8Array
  readonly explanation: Explanation
}

const strength: readonly HashName[] = ['sha512', 'sha384', 'sha256', 'sha1']

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
  /** How it was read, and is to be judged. */
  readonly profile: Profile

  private constructor(
    bank: HashName,
    quotes: readonly VerifiedQuote[],
    parts: ReadLogs,
    profile: Profile,
  ) {
    this.bank = bank
    this.profile = profile
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
    profile: Profile,
  ): VerifiedEventLog | readonly Finding[] {
    if (logs.eventLog === null || logs.eventLog.length === 0)
      return [findingOf({ id: 'eventlog.missing', summary: 'The evidence has no event log.' })]
    const parts = readLogs(logs.eventLog, logs, quotes)
    if (!('log' in parts)) return parts
    const faults = explainPcrs(parts, quotes)
    if (faults.length > 0) return faults
    const bank = strength.find((name) => quotes.some((quote) => quote.bank === name))
    if (bank === undefined) return [findingOf({ id: 'quote.missing', summary: 'No quote.' })]
    return new VerifiedEventLog(bank, quotes, parts, profile)
  }
}
