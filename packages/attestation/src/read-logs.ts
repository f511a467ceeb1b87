import { equalBytes, MalformedError } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import {
  decodeImaList,
  decodeUserspaceLog,
  type EventLogFormat,
  IMA_PCR,
  type ImaEntry,
  type ImaReplay,
  type Replay,
  replayIma,
  type UserspaceRecord,
} from '@trusted-launch/eventlog'
import { findingOf } from './finding-table.ts'
import { type ReadLog, readLogFrom } from './known.ts'
import type { PcrValues } from './pcr-values.ts'
import type { Profile } from './profile.ts'
import type { Finding } from './result.ts'

/** The logs as the guest gave them. */
export interface Logs {
  readonly eventLog: Uint8Array | null
  readonly imaLog: Uint8Array | null
  readonly userspaceLog: Uint8Array | null
  /** `acpi`: the event log is an area of memory, and ends in padding (CCEL). None when not said. */
  readonly padding?: 'none' | 'acpi'
}

/** The logs, read, and what they give in each quoted bank. */
export interface ReadLogs {
  readonly read: ReadLog
  readonly replays: ReadonlyMap<HashName, Replay>
  readonly imaList: readonly ImaEntry[]
  readonly ima: ReadonlyMap<HashName, ImaReplay>
  readonly userspace: readonly UserspaceRecord[]
}

const formats: Readonly<Record<Profile, readonly EventLogFormat[]>> = {
  strict: ['crypto-agile'],
  'pc-client': ['crypto-agile', 'tcg-1.2'],
}

/** Reads the firmware's log strictly, in the formats the profile has; or the finding that says why not. */
export function readEventLog(logs: Logs, profile: Profile): ReadLog | Finding {
  const { eventLog, padding = 'none' } = logs
  // check 42
  if (eventLog === null || eventLog.length === 0)
    return findingOf({ id: 'eventlog.missing', summary: 'The evidence has no event log.' })
  return attempt('eventlog.malformed', () => readLogFrom(eventLog, formats[profile], padding))
}

/**
 * Reads the other logs strictly and replays all of them in every bank that has values; or the findings that say
 * why not.
 */
export function readLogs(
  read: ReadLog,
  logs: Logs,
  values: readonly PcrValues[],
): ReadLogs | readonly Finding[] {
  const replays = new Map<HashName, Replay>()
  for (const { bank } of values) {
    // check 20
    if (!read.log.algorithms.includes(bank))
      return [findingOf({ id: 'eventlog.bank', summary: `The log has no ${bank} digests.` })]
    replays.set(bank, read.replay(bank))
  }
  const list = attempt('ima.malformed', () => decodeImaList(logs.imaLog ?? new Uint8Array()))
  // check 40
  if ('severity' in list) return [list]
  const userspace = attempt('userspace-log.malformed', () =>
    decodeUserspaceLog(logs.userspaceLog ?? new Uint8Array()),
  )
  // check 37
  if ('severity' in userspace) return [userspace]
  return { read, replays, imaList: list, ima: replayLists(list, replays, values), userspace }
}

function replayLists(
  list: readonly ImaEntry[],
  replays: ReadonlyMap<HashName, Replay>,
  values: readonly PcrValues[],
): Map<HashName, ImaReplay> {
  const found = new Map<HashName, ImaReplay>()
  for (const { bank, pcrs } of values) {
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
