import { ACTION, EV } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'

const firmwarePcrs = [0, 1, 2, 3, 4, 5, 6, 7]

/** Whether the event was verified to be this action. */
export function isAction({ eventType, explanation }: VerifiedEvent, text: string): boolean {
  const { data, verified } = explanation
  return eventType === EV.EFI_ACTION && verified && data.kind === 'action' && data.text === text
}

/** GRUB's kernel command lines, and a stub's (UTF-16), that PCR 8 or 12 vouches for. */
export function commandLines(log: VerifiedEventLog): { event: VerifiedEvent; text: string }[] {
  return [8, 12].flatMap((pcr) =>
    log.eventsOf(pcr).flatMap((event) => {
      const { data, verified } = event.explanation
      const fits =
        verified && data.kind === 'ipl' && (data.by === 'kernel_cmdline' || data.by === 'utf16')
      return fits ? [{ event, text: data.text }] : []
    }),
  )
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
  const without = events.filter(
    ({ eventType, pcrIndex }) => eventType !== EV.NO_ACTION && !pcrs.has(pcrIndex),
  )
  return [...new Set(without.map(({ pcrIndex }) => pcrIndex))].map((pcr) => ({
    id: 'pcr.not-given' as const,
    summary: `The log extends PCR ${pcr}, and its value is not known.`,
    pcr,
    events: without.filter(({ pcrIndex }) => pcrIndex === pcr).map(({ index }) => index),
  }))
}

/** Applications only after "Calling EFI Application from Boot Option", which comes once. */
function applicationsAfterCall(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(4)
  const calls = events.filter((event) => isAction(event, ACTION.callingApplication))
  const first = events.indexOf(calls[0]!)
  const early = events.filter(
    (event, i) => event.eventType === EV.EFI_BOOT_SERVICES_APPLICATION && (first < 0 || i < first),
  )
  const faults: Occurrence[] = early.map(({ index }) => ({
    id: 'boot-manager.order',
    summary: `Event ${index}: an application ran before the boot manager called one.`,
    pcr: 4,
    events: [index],
  }))
  if (calls.length > 1)
    faults.push({
      id: 'boot-manager.order',
      summary: 'The boot manager called more than one boot option.',
      pcr: 4,
      events: calls.map(({ index }) => index),
    })
  return faults
}

/** The firmware ended: invocation, then success, last of all in PCR 5. */
function firmwareEnded(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(5)
  const invoked = events.findIndex((e) => isAction(e, ACTION.exitBootServicesInvocation))
  const ended = events.findIndex((e) => isAction(e, ACTION.exitBootServicesSucceeded))
  if (invoked < 0 || ended < 0)
    return [
      {
        id: 'exit-boot-services.missing',
        summary: 'The log does not show that the firmware handed over to a kernel.',
        pcr: 5,
      },
    ]
  const later = events.slice(ended + 1)
  const image = log.eventsOf(4).filter(({ index }) => index > events[ended]!.index)
  if (invoked < ended && later.length === 0 && image.length === 0) return []
  return [
    {
      id: 'exit-boot-services.order',
      summary: "Something was measured as the firmware's after the firmware had ended.",
      pcr: 5,
      events: [...later, ...image].map(({ index }) => index),
    },
  ]
}

/** At most one kernel command line: which of two was used, no log tells. */
function oneCommandLine(log: VerifiedEventLog): Occurrence[] {
  const found = commandLines(log)
  if (found.length <= 1) return []
  return [
    {
      id: 'kernel-command-line.count',
      summary: `${found.length} kernel command lines were measured; only one can have been used.`,
      pcr: found[0]!.event.pcrIndex,
      events: found.map(({ event }) => event.index),
      expected: '1',
      actual: `${found.length}`,
    },
  ]
}

export const bootChecks: readonly Check[] = [
  { number: 21, title: 'every register has its value', run: everyValueGiven },
  { number: 22, title: 'every firmware PCR was extended', run: banksUsed },
  { number: 35, title: 'applications after the call', run: applicationsAfterCall },
  { number: 36, title: 'the firmware ended', run: firmwareEnded },
  { number: 37, title: 'one kernel command line', run: oneCommandLine },
]
