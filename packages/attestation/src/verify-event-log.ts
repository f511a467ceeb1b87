import { equalBytes } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import type { EventLog, ImaReplay, Replay, UserspaceRecord } from '@trusted-launch/eventlog'
import { explainPcrs } from './explain-pcrs.ts'
import { findingOf } from './finding-table.ts'
import { frozen } from './frozen.ts'
import { type ExplainedEvent, memoOf, type ReadLog } from './known.ts'
import { copyOfLogs, keyOfLogs, sameLogs } from './known-logs.ts'
import type { PcrValues } from './pcr-values.ts'
import type { Profile } from './profile.ts'
import { type Logs, type ReadLogs, readEventLog, readLogs } from './read-logs.ts'
import type { Finding } from './result.ts'

/** An event whose digest a quoted PCR vouches for, and what its data is worth. */
export type VerifiedEvent = ExplainedEvent

const strength: readonly HashName[] = ['sha512', 'sha384', 'sha256', 'sha1']

/** The strongest of these banks; null: none that we can replay. */
export function strongestBank(banks: readonly string[]): HashName | null {
  return strength.find((bank) => banks.includes(bank)) ?? null
}

/** With the bytes that it was verified with. */
type KnownLog = { readonly log: VerifiedEventLog; readonly logs: Logs }
const verifiedLogs = memoOf<KnownLog>('logs', 64)

const firmwarePcrs = [0, 1, 2, 3, 4, 5, 6, 7]

/** Without the firmware's own registers a log says nothing that can be verified. */
function faultOfNotGiven(values: readonly PcrValues[]): Finding[] {
  return values.flatMap(({ bank, pcrs }) => {
    const missing = firmwarePcrs.filter((pcr) => !pcrs.has(pcr))
    if (missing.length === 0) return []
    const summary = `The ${bank} values of PCR ${missing.join(', ')} are missing.`
    return [
      findingOf({ id: 'pcr.missing', summary, expected: '0-7', actual: `${[...pcrs.keys()]}` }),
    ]
  })
}

/** An event log that gives exactly the quoted PCRs, in every quoted bank. Only `verify` makes one. */
export class VerifiedEventLog {
  readonly #proof = true
  /** The strongest bank that has values: everything said of events is said of their digests in it. */
  readonly bank: HashName
  readonly log: EventLog
  /** What it was held against, by bank. */
  readonly values: readonly PcrValues[]
  readonly events: readonly VerifiedEvent[]
  readonly replays: ReadonlyMap<HashName, Replay>
  /** By bank; without an entry where there is no list, or PCR 10 is still at its start. */
  readonly ima: ReadonlyMap<HashName, ImaReplay>
  readonly userspace: readonly UserspaceRecord[]
  /** How it was read, and is to be judged. */
  readonly profile: Profile
  /** The values of the strongest bank. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>
  #byPcr: readonly (readonly VerifiedEvent[] | undefined)[] | null = null
  readonly #made = new Map<unknown, unknown>()
  #isKnown = false

  private constructor(
    bank: HashName,
    values: readonly PcrValues[],
    parts: ReadLogs,
    profile: Profile,
  ) {
    this.bank = bank
    this.profile = profile
    this.values = values
    this.pcrs = values.find((one) => one.bank === bank)!.pcrs
    this.log = parts.read.log
    this.replays = parts.replays
    this.ima = parts.ima
    this.userspace = parts.userspace
    this.events = parts.read.events(bank)
  }

  /** Always true: what makes the type nominal. */
  get isVerified(): boolean {
    return this.#proof
  }

  /** Whether it was verified for an earlier verdict: what follows from it is then worth keeping for more. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Whether the firmware's log alone gives this register, in each bank that has its value, and one has. */
  isWhole(pcrIndex: number): boolean {
    return (
      this.pcrs.has(pcrIndex) &&
      this.values.every(({ bank, pcrs }) => {
        const value = pcrs.get(pcrIndex)
        const replayed = this.replays.get(bank)!.pcrs.get(pcrIndex)!.value
        return value === undefined || equalBytes(value, replayed)
      })
    )
  }

  /** The events that extended this PCR, in order; none where no value vouches for them. */
  eventsOf(pcrIndex: number): readonly VerifiedEvent[] {
    this.#byPcr ??= eventsByPcr(this)
    return this.#byPcr[pcrIndex] ?? none
  }

  /** What `make` gives for this log, made once: for what follows from it alone. `perLog` is its usual form. */
  made<T>(make: (log: VerifiedEventLog) => T): T {
    const known = this.#made.get(make)
    if (known !== undefined) return known as T
    const value = make(this)
    this.#made.set(make, value)
    return value
  }

  /**
   * This verifies that: the log parses strictly, in a format the profile has; it has every bank that
   * has values; those are of PCR 0-7 at least; in each bank it replays to the value of every PCR, or the kernel's IMA list (PCR 10) or systemd's log goes on from where it
   * ends to that value; nothing tries to choose where PCR 0 starts; and a PCR that no log
   * explains is at its reset value.
   *
   * It proves digests and their order within each PCR: neither types, nor data, nor the order across
   * PCRs. What was verified is remembered with the bytes it came from, which must be the same to the last to find
   * it again; what was not never is.
   */
  static verify(
    logs: Logs,
    values: readonly PcrValues[],
    profile: Profile,
  ): VerifiedEventLog | readonly Finding[] {
    const key = keyOfLogs(logs, values, profile)
    const known = key === null ? undefined : verifiedLogs.find(key)
    if (known !== undefined && sameLogs(known.logs, logs)) {
      known.log.#isKnown = true
      return known.log
    }
    const read = readEventLog(logs, profile)
    // check 13, 42
    if ('severity' in read) return [read]
    if (key === null) return VerifiedEventLog.#verify(read, logs, values, profile)
    const [own, ownValues] = copyOfLogs(read, logs, values)
    const made = VerifiedEventLog.#verify(read, own, ownValues, profile)
    if (made instanceof VerifiedEventLog) verifiedLogs.keep(key, { log: made, logs: own })
    return made
  }

  static #verify(read: ReadLog, logs: Logs, values: readonly PcrValues[], profile: Profile) {
    const parts = readLogs(read, logs, values)
    // check 20, 37, 40
    if (!('read' in parts)) return parts
    const bank = strongestBank(values.map((one) => one.bank))
    // check 20
    if (bank === null) return [findingOf({ id: 'quote.missing', summary: 'No PCR values.' })]
    const faults = [
      // check 8
      ...faultOfNotGiven(values),
      // check 18, 20, 21, 40
      ...explainPcrs(parts, values, profile),
    ]
    // check 8, 18, 20, 21, 40
    if (faults.length > 0) return faults
    return new VerifiedEventLog(bank, values, parts, profile)
  }
}

/** A function of a verified log alone, run once for each log. Nobody may change what it gives. */
export function perLog<T>(make: (log: VerifiedEventLog) => T): (log: VerifiedEventLog) => T {
  return (log) => log.made(make)
}

/**
 * The same of plain JSON that leaves with a verdict: kept, and frozen so that whoever got it changes no later one,
 * of a log that is known. Of any other it is made and given away: freezing costs more than making.
 */
export function perKnownLog<T>(make: (log: VerifiedEventLog) => T): (log: VerifiedEventLog) => T {
  const kept = (log: VerifiedEventLog) => frozen(make(log))
  return (log) => (log.isKnown ? log.made(kept) : make(log))
}

const none: readonly VerifiedEvent[] = []

function eventsByPcr({ pcrs, replays, bank, events }: VerifiedEventLog) {
  const own: VerifiedEvent[][] = []
  const replayed = replays.get(bank)!.pcrs
  for (const pcr of pcrs.keys())
    own[pcr] = replayed.get(pcr)!.events.map(({ index }) => events[index]!)
  return own
}
