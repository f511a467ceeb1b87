import { toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import type { EventLogAppraisal, EventLogInput } from './appraise-event-log.ts'
import { faultOfPcr } from './explain-pcrs.ts'
import { ReadLog } from './known.ts'
import { PcrValues } from './pcr-values.ts'
import { type ReadLogs, readLogs } from './read-logs.ts'

/** How a register's value and what explains it stand to each other. */
export type PcrVerdict = 'equal' | 'different' | 'not explained' | 'not given'

/** One PCR that has events, or a value that was given. */
export interface CheckedPcr {
  readonly pcr: number
  readonly events: number
  /** What the firmware's log alone gives. */
  readonly replayed: string
  readonly given: string | null
  /**
   * `equal`: the logs give the value. `not explained`: the firmware's log says no word of it, and no other log that
   * was given, and can be read, gives it.
   */
  readonly verdict: PcrVerdict
}

/** The registers of the bank that was looked at, in what was appraised. */
export function pcrRows({ log, bank }: EventLogAppraisal, input: EventLogInput): CheckedPcr[] {
  if (log === null || bank === null) return []
  const values = PcrValues.asGivenByCaller(bank, input.pcrs.get(bank) ?? new Map())
  const parts = partsOf(new ReadLog(log, input.eventLog!), input, values)
  return [...parts.replays.get(bank)!.pcrs.values()]
    .filter(({ pcrIndex, events }) => events.length > 0 || values.pcrs.has(pcrIndex))
    .map(({ pcrIndex, events, value }) => {
      const given = values.pcrs.get(pcrIndex)
      return {
        pcr: pcrIndex,
        events: events.length,
        replayed: toHex(value),
        given: given === undefined ? null : toHex(given),
        verdict: given === undefined ? 'not given' : verdictOn(parts, bank, pcrIndex, given),
      }
    })
}

/** The logs, read; without those beside the firmware's where one of them cannot be: then none was looked at. */
function partsOf(read: ReadLog, input: EventLogInput, values: PcrValues): ReadLogs {
  const parts = readLogs(read, input, [values])
  if ('read' in parts) return parts
  return readLogs(read, { ...input, imaLog: null, userspaceLog: null }, [values]) as ReadLogs
}

function verdictOn(parts: ReadLogs, bank: HashName, pcr: number, given: Uint8Array): PcrVerdict {
  const fault = faultOfPcr(parts, bank, pcr, given)
  if (fault === null) return 'equal'
  return fault.id === 'pcr.unexplained' ? 'not explained' : 'different'
}
