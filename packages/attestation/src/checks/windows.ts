import { SIPAEVENT, sipaName, TRANSFER_CONTROL } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import { secureBootOf } from '../measured-variables.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isOfWindows, transfersOf, type WindowsBoot, windowsBootOf } from '../windows-boot.ts'
import { WINDOWS_PCR } from '../windows-log.ts'
import type { Report, Reports } from '../windows-reports.ts'
import type { Told } from '../windows-settings.ts'
import { ofAnotherSystem } from './another-system.ts'

type Look = (boot: WindowsBoot, log: VerifiedEventLog) => readonly Occurrence[]

/** Where Windows measures, and what is its own elsewhere. */
function ofWindows(log: VerifiedEventLog): readonly VerifiedEvent[] {
  return log.events.filter(
    (event) => isOfWindows(log, event) || windowsPcrs.includes(event.pcrIndex),
  )
}

const windowsPcrs: readonly number[] = Object.values(WINDOWS_PCR)

/** What is looked at of a boot of Windows: of anything else there is nothing. */
function inBoot(look: Look): Check['run'] {
  return (log) => {
    const boot = windowsBootOf(log)
    return boot === null ? [] : look(boot, log)
  }
}

const about: Check['about'] = (log) => (windowsBootOf(log) === null ? [] : ofWindows(log))
const ofAnother: Check['about'] = (log) => (windowsBootOf(log) === null ? [] : ofAnotherSystem(log))

/** Where these reports stand. */
function at(reports: readonly Report[]): Pick<Occurrence, 'pcr' | 'events'> {
  return { pcr: reports[0]?.pcr ?? null, events: [...new Set(reports.map(({ event }) => event))] }
}

/** One finding for all of these; none for none. */
function together(id: Occurrence['id'], told: readonly Told[], says: string): Occurrence[] {
  if (told.length === 0) return []
  const names = told.map(({ reports }) => sipaName(reports[0]!.id)).join(', ')
  return [
    {
      id,
      summary: `${says}: ${names}.`,
      ...at(told.flatMap(({ reports }) => reports)),
      actual: names,
    },
  ]
}

const readable: Look = ({ told }) =>
  together(
    'windows.value',
    told.filter(({ malformed }) => malformed !== null),
    'What Windows says cannot be read',
  )

/** Of two values the weaker is taken, of two numbers none: but it is told. */
const consistent: Look = ({ told }) =>
  together(
    'windows.contradiction',
    told.filter(({ contradicted }) => contradicted),
    'Windows contradicts itself',
  )

/** Virtualization-based security that requires Secure Boot is not launched without it. */
const agreesOnSecureBoot: Look = ({ told }, log) => {
  const holds = (claim: string) => told.some((one) => one.claim === claim && one.value === true)
  if (!holds('windows-vbs-launched') || !holds('windows-vbs-secure-boot-required')) return []
  if (secureBootOf(log) !== false) return []
  const summary =
    'Windows launched what it launches with Secure Boot only, and Secure Boot was off.'
  return [{ id: 'windows.secure-boot', summary, pcr: 7, expected: 'on', actual: 'off' }]
}

/**
 * Whoever runs another system can extend PCR 12 to 14 as Windows does; what that system's loader measured he cannot
 * take back. It is looked for in the whole log, quoted or not: an event that nobody vouches for can only refuse.
 */
const noOtherSystem: Look = (_, log) => {
  const events = ofAnotherSystem(log)
  if (events.length === 0) return []
  const summary = 'Another system was started: what is told of a Windows is not its own.'
  const indexes = events.map(({ index }) => index)
  return [{ id: 'windows.foreign', summary, pcr: events[0]!.pcrIndex, events: indexes }]
}

const noErrors: Look = ({ errors }) => {
  if (errors.length === 0) return []
  const names = namesOf(errors)
  return [
    {
      id: 'windows.error',
      summary: `Windows could not measure all: ${names}.`,
      ...at(errors),
      actual: names,
    },
  ]
}

const modulesValidated: Look = ({ reports: { modules } }) => {
  const without = modules.flatMap((module) =>
    module.filter(({ id, data }) => id === SIPAEVENT.IMAGEVALIDATED && data[0] !== 1),
  )
  if (without.length === 0) return []
  const summary = `Windows loaded ${without.length} module(s) that it did not validate.`
  return [{ id: 'windows.module.not-validated', summary, ...at(without) }]
}

const { NONE, OSLOADER, RESUME, HYPERVISOR } = TRANSFER_CONTROL
const expected: readonly number[] = [NONE, OSLOADER, RESUME, HYPERVISOR]

function transfersTo(reports: Reports, fits: (to: number) => boolean): Report[] {
  return transfersOf(reports)
    .filter(({ to }) => fits(to))
    .map(({ report }) => report)
}

const controlKept: Look = ({ reports }) => {
  const elsewhere = transfersTo(reports, (to) => !expected.includes(to))
  if (elsewhere.length === 0) return []
  const summary =
    'The boot manager gave control to another program than Windows, or without a check.'
  return [{ id: 'windows.transfer', summary, ...at(elsewhere) }]
}

const notResumed: Look = ({ reports, resumed }) => {
  if (!resumed) return []
  const summary =
    'Windows was resumed from hibernation: this boot says nothing of how it was started.'
  return [{ id: 'windows.resumed', summary, ...at(transfersTo(reports, (to) => to === RESUME)) }]
}

const unknownTold: Look = ({ reports: { unknown } }) => {
  if (unknown.length === 0) return []
  const summary = 'Windows reports what this verifier does not know.'
  return [{ id: 'windows.unknown', summary, ...at(unknown), actual: namesOf(unknown) }]
}

const namesMax = 16

/** What reports are called, each once, and at most so many. */
function namesOf(reports: readonly Report[]): string {
  const names = new Set(reports.map(({ id }) => sipaName(id)))
  return [...names].slice(0, namesMax).join(' ')
}

/** What the reading of Windows' part found of this kind. */
function faultsOf(id: Occurrence['id']): Look {
  return ({ log, reports }) => [...log.faults, ...reports.faults].filter((one) => one.id === id)
}

const hashedAgain = faultsOf('windows.data')
const itsOwn = faultsOf('windows.foreign')
const wholeTags = faultsOf('windows.malformed')
const ended = faultsOf('windows.separator.missing')
const endedOnce = faultsOf('windows.separator.repeated')
const saidOnce = faultsOf('windows.duplicate')
const understood = faultsOf('windows.aggregation')

export const windowsChecks: readonly Check[] = [
  { number: 39, title: 'what Windows measured is hashed again', run: inBoot(hashedAgain), about },
  { number: 39, title: 'what Windows measured is its own', run: inBoot(itsOwn), about },
  { number: 39, title: 'what Windows measured is whole', run: inBoot(wholeTags), about },
  { number: 39, title: 'what Windows measured has an end', run: inBoot(ended), about },
  { number: 39, title: 'what Windows measured has one end', run: inBoot(endedOnce), about },
  { number: 39, title: 'Windows says each thing once', run: inBoot(saidOnce), about },
  { number: 39, title: 'no part of what Windows says is unknown', run: inBoot(understood), about },
  { number: 39, title: 'what Windows says can be read', run: inBoot(readable), about },
  { number: 39, title: 'Windows does not contradict itself', run: inBoot(consistent), about },
  {
    number: 39,
    title: 'Windows and the firmware agree on Secure Boot',
    run: inBoot(agreesOnSecureBoot),
    about: () => [],
  },
  {
    number: 39,
    title: 'no other system was started',
    run: inBoot(noOtherSystem),
    about: ofAnother,
  },
  { number: 39, title: 'Windows could measure everything', run: inBoot(noErrors), about },
  { number: 39, title: 'Windows validated what it loaded', run: inBoot(modulesValidated), about },
  { number: 39, title: 'control went to Windows alone', run: inBoot(controlKept), about },
  { number: 39, title: 'Windows was started, not resumed', run: inBoot(notResumed), about },
  { number: 39, title: 'what is not known is told', run: inBoot(unknownTold), about },
]
