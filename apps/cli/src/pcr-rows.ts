import type { EventLogAppraisal, PcrsByBank } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { replay } from '@trusted-launch/eventlog'

/** How a register's value and what explains it stand to each other. */
export type PcrVerdict = 'equal' | 'different' | 'not given'

/** One PCR that has events, or a value that was given. */
export interface CheckedPcr {
  readonly pcr: number
  readonly events: number
  /** What the firmware's log alone gives. */
  readonly replayed: string
  readonly given: string | null
  /** `equal`: the logs give the value. */
  readonly verdict: PcrVerdict
}

const explains: readonly string[] = ['eventlog.replay', 'pcr.unexplained', 'ima.replay']

/** The registers of the bank that was looked at, with the verdict that the findings imply. */
export function pcrRows(
  { log, bank, findings }: EventLogAppraisal,
  given: PcrsByBank,
): CheckedPcr[] {
  if (log === null || bank === null) return []
  const values = given.get(bank)
  const unexplained = new Set(
    findings.filter(({ id }) => explains.includes(id)).map(({ pcr }) => pcr),
  )
  return [...replay(log, bank).pcrs.values()]
    .filter(({ pcrIndex, events }) => events.length > 0 || values?.has(pcrIndex) === true)
    .map(({ pcrIndex: pcr, events, value }) => {
      const told = values?.get(pcr)
      const verdict =
        told === undefined ? 'not given' : unexplained.has(pcr) ? 'different' : 'equal'
      const common = { pcr, events: events.length, replayed: toHex(value) }
      return { ...common, given: told === undefined ? null : toHex(told), verdict }
    })
}
