import { EV } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isOfWindows } from '../windows-boot.ts'
import { measuredIn } from './format.ts'

const firmwarePcrs = [0, 1, 2, 3, 4, 5, 6, 7]
const legal = [0, 0xffff_ffff]
const errorValue = 1

/** Whether the event was verified to be a separator: its type alone says nothing. */
export function isSeparator({ eventType, explanation }: VerifiedEvent): boolean {
  return eventType === EV.SEPARATOR && explanation.verified && explanation.kind === 'separator'
}

/** Exactly one separator in each of PCR 0-7, none above, of a legal value. */
function oneSeparatorEach(log: VerifiedEventLog): Occurrence[] {
  return firmwarePcrs.flatMap((pcr) => {
    const found = log.eventsOf(pcr).filter(isSeparator)
    const events = found.map(({ index }) => index)
    if (found.length === 0)
      return [
        {
          id: 'eventlog.separator.missing' as const,
          summary: `PCR ${pcr} has no separator between firmware and operating system.`,
          pcr,
        },
      ]
    if (found.length === 1) return faultOfValue(found[0]!)
    return [
      {
        id: 'eventlog.separator.repeated' as const,
        summary: `PCR ${pcr} has ${found.length} separators.`,
        pcr,
        events,
      },
    ]
  })
}

function faultOfValue({ index, pcrIndex, explanation: { data } }: VerifiedEvent): Occurrence[] {
  const value = data.kind === 'separator' ? data.value : errorValue
  if (legal.includes(value)) return []
  const isError = value === errorValue
  return [
    {
      id: isError ? 'eventlog.separator.error' : 'eventlog.separator.value',
      summary: isError
        ? `The firmware reports an error in PCR ${pcrIndex}.`
        : `The separator of PCR ${pcrIndex} has no legal value.`,
      pcr: pcrIndex,
      events: [index],
      actual: `0x${value.toString(16)}`,
    },
  ]
}

/** Separators elsewhere, or whose data does not give a separator's digest. */
function noneElsewhere(log: VerifiedEventLog): Occurrence[] {
  return log.events
    .filter((event) => event.eventType === EV.SEPARATOR)
    .filter((event) => event.pcrIndex > 7 || !isSeparator(event))
    .filter((event) => !isOfWindows(log, event))
    .map((event) => ({
      id: 'eventlog.separator.value',
      summary: `Event ${event.index} is no separator that PCR ${event.pcrIndex} may have.`,
      pcr: event.pcrIndex,
      events: [event.index],
      tolerance: isSeparator(event) ? 'separator-above-7' : null,
    }))
}

/**
 * Nothing for the operating system before the separators; between the first and the last of PCR 0-6
 * only separators. The order across PCRs is not authenticated: this catches only a careless forger.
 */
function phaseOrder(log: VerifiedEventLog): Occurrence[] {
  const measured = measuredIn(log)
  const places = measured.flatMap((event) =>
    isSeparator(event) && event.pcrIndex < 7 ? [event.index] : [],
  )
  const first = Math.min(...places)
  const last = Math.max(...places)
  return measured
    .filter(({ index, pcrIndex }) =>
      pcrIndex > 7 ? index < last : index > first && index < last && pcrIndex !== 7,
    )
    .filter((event) => !isSeparator(event))
    .map(({ index, pcrIndex }) => ({
      id: 'eventlog.phase',
      summary: `Event ${index} in PCR ${pcrIndex} comes before the firmware had ended its part.`,
      pcr: pcrIndex,
      events: [index],
    }))
}

export const separatorChecks: readonly Check[] = [
  {
    ...{ number: 26, title: 'one separator in each of PCR 0-7', run: oneSeparatorEach },
    about: (log) => firmwarePcrs.flatMap((pcr) => log.eventsOf(pcr).filter(isSeparator)),
  },
  {
    ...{ number: 26, title: 'no separator elsewhere', run: noneElsewhere },
    about: ({ events }) => events.filter(({ eventType }) => eventType === EV.SEPARATOR),
  },
  { number: 27, title: 'phases follow one another', run: phaseOrder, about: measuredIn },
]
