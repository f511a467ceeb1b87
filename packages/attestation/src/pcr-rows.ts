import { equalBytes, toHex } from '@trusted-launch/codec'
import { IMA_PCR, type Replay, replay } from '@trusted-launch/eventlog'
import type { EventLogAppraisal } from './appraise-event-log.ts'
import type { PcrsByBank } from './imported/pcr-file.ts'

/** How a register's value and what explains it stand to each other. */
export type PcrVerdict = 'equal' | 'different' | 'not explained' | 'not given'

/** One PCR that has events, or a value that was given. */
export interface CheckedPcr {
  readonly pcr: number
  readonly events: number
  /** What the firmware's log alone gives. */
  readonly replayed: string
  readonly given: string | null
  /** `equal`: the logs give the value. `not explained`: no log that was given says a word of it. */
  readonly verdict: PcrVerdict
}

/** Which logs were given beside the firmware's. */
export interface LogsBeside {
  readonly ima: boolean
  readonly userspace: boolean
}

type OnePcr = Replay['pcrs'] extends ReadonlyMap<number, infer P> ? P : never

/** The registers of the bank that was looked at. */
export function pcrRows(
  appraisal: EventLogAppraisal,
  given: PcrsByBank,
  beside: LogsBeside,
): CheckedPcr[] {
  const { log, bank } = appraisal
  if (log === null || bank === null) return []
  const values = given.get(bank)
  return [...replay(log, bank).pcrs.values()]
    .filter(({ pcrIndex, events }) => events.length > 0 || values?.has(pcrIndex) === true)
    .map((one) => {
      const value = values?.get(one.pcrIndex)
      return {
        pcr: one.pcrIndex,
        events: one.events.length,
        replayed: toHex(one.value),
        given: value === undefined ? null : toHex(value),
        verdict: value === undefined ? 'not given' : verdictOn(one, value, appraisal, beside),
      }
    })
}

const mismatches: readonly string[] = ['eventlog.replay', 'ima.replay', 'pcr.unexplained']

/** The firmware's log gives the value, or a finding says that none does, or another log goes on to it. */
function verdictOn(
  { pcrIndex, value, events }: OnePcr,
  given: Uint8Array,
  { findings }: EventLogAppraisal,
  { ima, userspace }: LogsBeside,
): PcrVerdict {
  if (equalBytes(value, given)) return 'equal'
  const other = pcrIndex === IMA_PCR ? ima : userspace
  if (events.length === 0 && !other) return 'not explained'
  const told = findings.some(({ id, pcr }) => pcr === pcrIndex && mismatches.includes(id))
  return told || !other ? 'different' : 'equal'
}
