import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEventLog } from '../verify-event-log.ts'
import { isSeparator } from './separators.ts'

/** PCRs that are the firmware's alone: what follows their separator is somebody else's. PCR 4, 5 and 7 go on. */
const closedPcrs = [0, 1, 2, 3, 6]

/** Within one PCR the order is measured: nothing after the separator of a PCR that is closed by it. */
function nothingAfterSeparator(log: VerifiedEventLog): Occurrence[] {
  return closedPcrs.flatMap((pcr) => {
    const events = log.eventsOf(pcr)
    const end = events.findIndex(isSeparator)
    const later = end < 0 ? [] : events.slice(end + 1).map(({ index }) => index)
    if (later.length === 0) return []
    const summary = `PCR ${pcr} was extended after the firmware had ended its part.`
    return [{ id: 'eventlog.after-separator' as const, summary, pcr, events: later }]
  })
}

/** On our own firmware TPM2_Startup comes from locality 0, and nothing measures before it. */
function startsAtZero(log: VerifiedEventLog): Occurrence[] {
  const { startupLocality, hCrtm } = log.replays.get(log.bank)!
  if (!hCrtm && (startupLocality ?? 0) === 0) return []
  const actual = hCrtm ? 'a hardware root' : `locality ${startupLocality}`
  const summary = 'PCR 0 does not start at zeros.'
  return [{ id: 'eventlog.start', summary, pcr: 0, expected: 'locality 0', actual }]
}

export const firmwarePartChecks: readonly Check[] = [
  { number: 18, title: 'PCR 0 starts at zeros', run: startsAtZero },
  { number: 27, title: 'nothing after a closing separator', run: nothingAfterSeparator },
]
