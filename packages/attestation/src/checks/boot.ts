import { ACTION, PCR_COUNT } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { Profile } from '../profile.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isAction } from './boot-manager.ts'
import { measuredIn } from './format.ts'

const handoverPcr = 5

/** The firmware ended: invocation, then success. What fails may be asked for again. */
function firmwareEnded(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(handoverPcr)
  const invoked = events.findIndex((e) => isAction(e, ACTION.exitBootServicesInvocation))
  const ended = events.findIndex((e) => isAction(e, ACTION.exitBootServicesSucceeded))
  if (invoked >= 0 && invoked < ended) return []
  if (invoked >= 0 && ended >= 0)
    return [
      {
        id: 'exit-boot-services.order',
        summary: 'The firmware ended before it was asked to.',
        pcr: handoverPcr,
        events: [events[ended]!.index],
      },
    ]
  return [
    {
      id: 'exit-boot-services.missing',
      summary: 'The log does not show that the firmware handed over to a kernel.',
      pcr: handoverPcr,
      tolerance: ended < 0 ? 'exit-boot-services-missing' : null,
    },
  ]
}

/** Whose events may not come after the end of the firmware: Windows goes on in registers of its own. */
const endedPcrsMax: Readonly<Record<Profile, number>> = { strict: PCR_COUNT - 1, 'pc-client': 7 }

/** With the firmware ends who writes its log: what comes later is not the firmware's word. */
function nothingAfterEnd(log: VerifiedEventLog): Occurrence[] {
  const ended = log
    .eventsOf(handoverPcr)
    .find((event) => isAction(event, ACTION.exitBootServicesSucceeded))
  const later = ofFirmware(log).filter(({ index }) => ended !== undefined && index > ended.index)
  if (later.length === 0) return []
  return [
    {
      id: 'exit-boot-services.order',
      summary: "Something was measured as the firmware's after the firmware had ended.",
      pcr: later[0]!.pcrIndex,
      events: later.map(({ index }) => index),
    },
  ]
}

function ofFirmware(log: VerifiedEventLog): VerifiedEvent[] {
  return measuredIn(log).filter(({ pcrIndex }) => pcrIndex <= endedPcrsMax[log.profile])
}

const ends: readonly string[] = [
  ACTION.exitBootServicesInvocation,
  ACTION.exitBootServicesSucceeded,
]

export const bootChecks: readonly Check[] = [
  {
    ...{ number: 36, title: 'the firmware ended', run: firmwareEnded },
    about: (log) =>
      log.eventsOf(handoverPcr).filter((event) => ends.some((text) => isAction(event, text))),
  },
  { number: 36, title: 'nothing after its end', run: nothingAfterEnd, about: ofFirmware },
]
