import { equalBytes, toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import {
  type EventLog,
  type Explanation,
  explain,
  IMA_PCR,
  type ImaEntry,
  type Replay,
  replay,
  replayIma,
} from '@trusted-launch/eventlog'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { PcrValues } from './pcr-values.ts'

/** How a PCR's value and the log stand to each other. */
export type PcrVerdict = 'equal' | 'different' | 'not explained' | 'no value given'

/** One PCR that has events, or a value that was given. */
export interface CheckedPcr {
  readonly pcr: number
  readonly events: number
  readonly replayed: string
  readonly given: string | null
  readonly verdict: PcrVerdict
}

/** A log against the PCR values of one bank. */
export interface CheckedEventLog {
  readonly bank: HashName
  readonly replay: Replay
  readonly explanations: readonly Explanation[]
  readonly pcrs: readonly CheckedPcr[]
  /** What stands against the log, a sentence each. */
  readonly against: readonly string[]
  readonly exitCode: ExitCode
}

/** PCRs of the operating system: its own logs explain them, the firmware's does not. */
const firstOsPcr = 8

/**
 * Replays a log in one bank. Any datum that does not give its digest, any tampered start is against it.
 * With PCR values: any that differs is as well; an operating system's PCR that this log alone can't
 * explain is a warning. Says nothing of where the values come from: no quote is checked.
 */
export function checkEventLog(
  log: EventLog,
  bank: HashName,
  values: PcrValues | null,
  imaList: readonly ImaEntry[] | null,
): CheckedEventLog {
  const replayed = replay(log, bank)
  const explanations = log.events.map((event) => explain(event, bank))
  const given = values?.get(bank)
  const pcrs = [...replayed.pcrs.values()]
    .filter(({ pcrIndex, events }) => events.length > 0 || given?.has(pcrIndex) === true)
    .map((one) => {
      const ima = one.pcrIndex === IMA_PCR ? imaList : null
      return checkPcr(bank, one, given?.get(one.pcrIndex), ima)
    })
  const against = [
    ...replayed.faults.map(({ code, eventIndex }) => `event ${eventIndex}: ${code}`),
    ...log.events.flatMap(({ index, pcrIndex }) => {
      const { status, disguised } = explanations[index]!
      if (status === 'mismatch')
        return [`event ${index}, PCR ${pcrIndex}: the data does not give the digest`]
      return disguised === null
        ? []
        : [`event ${index}, PCR ${pcrIndex}: ${disguised} under another type`]
    }),
    ...pcrs
      .filter(
        ({ verdict, pcr }) =>
          verdict === 'different' || (verdict === 'not explained' && pcr < firstOsPcr),
      )
      .map(({ pcr, verdict }) => `PCR ${pcr}: ${verdict}`),
  ]
  const exitCode = exitCodeFor(against, values === null ? [] : pcrs)
  return { bank, replay: replayed, explanations, pcrs, against, exitCode }
}

function exitCodeFor(against: readonly string[], pcrs: readonly CheckedPcr[]): ExitCode {
  if (against.length > 0) return EXIT.contraindicated
  const isWhole = pcrs.every(({ verdict }) => verdict === 'equal')
  return isWhole ? EXIT.affirming : EXIT.warning
}

function checkPcr(
  bank: HashName,
  {
    pcrIndex,
    value,
    start,
    events,
  }: Replay['pcrs'] extends ReadonlyMap<number, infer P> ? P : never,
  given: Uint8Array | undefined,
  imaList: readonly ImaEntry[] | null,
): CheckedPcr {
  const common = { pcr: pcrIndex, events: events.length, replayed: toHex(value) }
  if (given === undefined) return { ...common, given: null, verdict: 'no value given' }
  const explained =
    imaList === null
      ? equalBytes(given, value)
      : replayIma(imaList, bank, given, { start: value }).matched !== null
  const isUntouched = events.length === 0 && equalBytes(value, start) && imaList === null
  const verdict = explained ? 'equal' : isUntouched ? 'not explained' : 'different'
  return { ...common, given: toHex(given), verdict }
}
