import { ACTION, decodeEventData, EV } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isSeparator } from './separators.ts'

const bootManagerPcr = 4

/** Whether the event was verified to be this action. */
export function isAction({ eventType, explanation }: VerifiedEvent, text: string): boolean {
  if (eventType !== EV.EFI_ACTION || !explanation.verified) return false
  const { data } = explanation
  return data.kind === 'action' && data.text === text
}

/**
 * What PCR 4 loaded. Types are not measured, so whatever there is not verified to be a separator or a text is an
 * image: none can hide under another type, and no text is one. A text of the firmware's own whose words the log has
 * changed cannot be told from an image: it may be one more, of a digest that no image has.
 */
export function imagesOf(log: VerifiedEventLog): VerifiedEvent[] {
  return log.eventsOf(bootManagerPcr).filter((event) => !isSeparator(event) && !isText(event))
}

/** Whether a text was measured, whatever it is told as. The digest of an image is never one: a header begins it. */
export function isText({ explanation: { measured: data } }: VerifiedEvent): boolean {
  return data !== null && decodeEventData({ eventType: EV.EFI_ACTION, data }).kind === 'action'
}

/** Applications only after "Calling EFI Application from Boot Option". */
function applicationsAfterCall(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(bootManagerPcr)
  const first = events.findIndex((event) => isAction(event, ACTION.callingApplication))
  return events
    .filter((event, i) => isApplication(event) && (first < 0 || i < first))
    .map(({ index }) => ({
      id: 'boot-manager.order',
      summary: `Event ${index}: an application ran before the boot manager called one.`,
      pcr: bootManagerPcr,
      events: [index],
      tolerance: 'application-before-call',
    }))
}

function isApplication({ eventType }: VerifiedEvent): boolean {
  return eventType === EV.EFI_BOOT_SERVICES_APPLICATION
}

/** The boot manager calls one option; another only when the one before has returned. */
function oneCall(log: VerifiedEventLog): Occurrence[] {
  const actions = callsIn(log)
  const isCall = (event: VerifiedEvent) => isAction(event, ACTION.callingApplication)
  const first = actions.findIndex(isCall)
  return actions.slice(first + 1).flatMap((event, i): Occurrence[] => {
    if (first < 0 || !isCall(event)) return []
    return [
      {
        id: 'boot-manager.order',
        summary: 'The boot manager called more than one boot option.',
        pcr: bootManagerPcr,
        events: [actions[first]!.index, event.index],
        tolerance: isCall(actions[first + i]!) ? null : 'second-call',
      },
    ]
  })
}

function callsIn(log: VerifiedEventLog): VerifiedEvent[] {
  return log
    .eventsOf(bootManagerPcr)
    .filter(
      (event) =>
        isAction(event, ACTION.callingApplication) ||
        isAction(event, ACTION.returningFromApplication),
    )
}

export const bootManagerChecks: readonly Check[] = [
  {
    ...{ number: 35, title: 'applications after the call', run: applicationsAfterCall },
    about: (log) => log.eventsOf(bootManagerPcr).filter(isApplication),
  },
  { number: 35, title: 'one call', run: oneCall, about: callsIn },
]
