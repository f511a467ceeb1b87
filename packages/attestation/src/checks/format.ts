import { EV } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import { isWithoutLog } from '../explain-pcrs.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'

const firmwarePcrs = [0, 1, 2, 3, 4, 5, 6, 7]

/** The log of TPM 1.2 is for old machines: it is read on request only, and told. */
function cryptoAgile({ log }: VerifiedEventLog): Occurrence[] {
  if (log.format === 'crypto-agile') return []
  const summary = 'The log is of the TPM 1.2 format.'
  return [{ id: 'eventlog.malformed', summary, tolerance: 'tcg-1.2-format' }]
}

/** SHA-1 is broken: what it alone vouches for, somebody else may have written. */
function strongBank({ bank }: VerifiedEventLog): Occurrence[] {
  if (bank !== 'sha1') return []
  const summary = 'No bank but SHA-1 vouches for the log.'
  return [{ id: 'eventlog.bank.weak', summary, actual: bank, tolerance: 'sha1-only' }]
}

/** PCR 0-7 never extended: the bank is not the one the firmware measured into. */
function banksUsed({ replays }: VerifiedEventLog): Occurrence[] {
  return [...replays].flatMap(([bank, { pcrs }]) =>
    firmwarePcrs
      .filter((pcr) => pcrs.get(pcr)!.events.length === 0)
      .map((pcr) => ({
        id: 'pcr.empty' as const,
        summary: `The firmware never extended PCR ${pcr} (${bank}).`,
        pcr,
      })),
  )
}

/** What was measured into a register that nobody gave the value of stays unverified. */
function everyValueGiven({ events, pcrs }: VerifiedEventLog): Occurrence[] {
  const without = measuredIn({ events }).filter(({ pcrIndex }) => !pcrs.has(pcrIndex))
  return [...new Set(without.map(({ pcrIndex }) => pcrIndex))].map((pcr) => ({
    id: 'pcr.not-given' as const,
    summary: `The log extends PCR ${pcr}, and its value is not known.`,
    pcr,
    events: without.filter(({ pcrIndex }) => pcrIndex === pcr).map(({ index }) => index),
  }))
}

/** What the system measured and wrote no log of. (In `strict` no log is verified with it: `explainPcrs`.) */
function everyLogGiven(log: VerifiedEventLog): Occurrence[] {
  return log.values.flatMap(({ bank, pcrs }) =>
    [...pcrs.keys()]
      .filter((pcr) => isWithoutLog(log, bank, pcr, pcrs.get(pcr)!))
      .map((pcr) => ({
        id: 'pcr.unexplained' as const,
        summary: `No log explains what PCR ${pcr} (${bank}) holds.`,
        pcr,
        tolerance: 'register-without-log' as const,
      })),
  )
}

/** On our own firmware TPM2_Startup comes from locality 0, and nothing measures before it. */
function startsAtZero({ replays, bank, profile }: VerifiedEventLog): Occurrence[] {
  const { startupLocality, hCrtm } = replays.get(bank)!
  if (profile !== 'strict' || (!hCrtm && (startupLocality ?? 0) === 0)) return []
  const actual = hCrtm ? 'a hardware root' : `locality ${startupLocality}`
  const summary = 'PCR 0 does not start at zeros.'
  return [{ id: 'eventlog.start', summary, pcr: 0, expected: 'locality 0', actual }]
}

/** All but EV_NO_ACTION, which measures nothing. */
export function measuredIn({ events }: Pick<VerifiedEventLog, 'events'>): VerifiedEvent[] {
  return events.filter(({ eventType }) => eventType !== EV.NO_ACTION)
}

const none = () => []

export const formatChecks: readonly Check[] = [
  { number: 13, title: 'the log is of the crypto-agile format', run: cryptoAgile, about: none },
  { number: 18, title: 'PCR 0 starts at zeros', run: startsAtZero, about: none },
  { number: 20, title: 'a bank that is not SHA-1', run: strongBank, about: none },
  { number: 21, title: 'every register has its value', run: everyValueGiven, about: measuredIn },
  { number: 21, title: 'every register has its log', run: everyLogGiven, about: none },
  { number: 22, title: 'every firmware PCR was extended', run: banksUsed, about: none },
]
