import { EV, type Quirk } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { Severity } from '../result.ts'
import type { ToleranceName } from '../tolerances.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'

/** How the Linux EFI stub tags an initrd and load options, of which it measures the content. */
const linuxTags: readonly number[] = [0x8f3b22ec, 0x8f3b22ed]
const linuxPcr = 9
/** Where command lines and the configuration of kernels go: behind a tag of something else one would be hidden. */
const commandLinePcrs: readonly number[] = [8, 12]

/** A tag beside a digest of something else. Of our own guests the reference values know what it is. */
function tagsExplained({ events, profile }: VerifiedEventLog): Occurrence[] {
  return events
    .filter(({ eventType, explanation }) => eventType === EV.EVENT_TAG && isElsewhere(explanation))
    .filter((event) => profile !== 'strict' || !isOurs(event))
    .map(({ index, pcrIndex }) => ({
      id: 'eventlog.data',
      summary: `The tag of event ${index} is not what was measured.`,
      pcr: pcrIndex,
      events: [index],
      tolerance: commandLinePcrs.includes(pcrIndex) ? null : 'event-tag-unexplained',
    }))
}

/** An archive of systemd's stub among command lines: what it holds, or whether it is one, is in no log. */
function noArchives({ events }: VerifiedEventLog): Occurrence[] {
  return events.filter(isArchive).map(({ index, pcrIndex }) => ({
    id: 'eventlog.data',
    summary: `What event ${index} calls an archive of systemd's stub may be anything: only its digest is there.`,
    pcr: pcrIndex,
    events: [index],
    tolerance: 'stub-archive',
  }))
}

function isArchive({ eventType, pcrIndex, explanation }: VerifiedEvent): boolean {
  return eventType === EV.IPL && commandLinePcrs.includes(pcrIndex) && isElsewhere(explanation)
}

function isElsewhere({ status }: VerifiedEvent['explanation']): boolean {
  return status === 'content-elsewhere'
}

/** `explain` knows the tags of the other registers one by one, and takes any in Linux'. */
function isOurs({ pcrIndex, explanation: { data } }: VerifiedEvent): boolean {
  if (commandLinePcrs.includes(pcrIndex)) return false
  const tags = data.kind === 'tagged' ? data.tags : []
  return (
    pcrIndex !== linuxPcr || (tags.length > 0 && tags.every(({ id }) => linuxTags.includes(id)))
  )
}

/** Ways of writing text down that loaders of our own guests have; what was measured is verified. */
const harmless: readonly Quirk[] = [
  'section-name-narrow',
  'text-cut-short',
  'text-with-nul',
  'text-without-nul',
]

/** Deviations that only the profile for imported logs takes, and by which of its tolerances. */
const tolerated: Readonly<Partial<Record<Quirk, ToleranceName>>> = {
  'authority-extra-byte': 'authority-extra-byte',
  'driver-config-value': 'variable-data-only',
  'secure-boot-empty': 'secure-boot-empty',
}

/** On our own firmware no deviation is known but the loader's: each is told. */
function noQuirks({ events }: VerifiedEventLog): Occurrence[] {
  const found = events.filter(
    ({ explanation }) => explanation.quirk !== null && explanation.status !== 'mismatch',
  )
  const byQuirk = Map.groupBy(found, ({ explanation }) => explanation.quirk!)
  return [...byQuirk].map(([quirk, told]) => ({
    id: 'eventlog.quirk',
    severity: severityOf(quirk),
    tolerance: tolerated[quirk] ?? null,
    summary: `Events were understood only as a known deviation: ${quirk}.`,
    events: told.map(({ index }) => index),
    actual: quirk,
  }))
}

function severityOf(quirk: Quirk): Severity {
  if (harmless.includes(quirk)) return 'info'
  return tolerated[quirk] === undefined ? 'low' : 'high'
}

export const deviationChecks: readonly Check[] = [
  {
    ...{ number: 25, title: 'tags are explained', run: tagsExplained },
    about: ({ events }) => events.filter(({ eventType }) => eventType === EV.EVENT_TAG),
  },
  {
    ...{ number: 25, title: "archives of systemd's stub are told", run: noArchives },
    about: ({ events }) => events.filter(isArchive),
  },
  {
    ...{ number: 25, title: 'deviations are named', run: noQuirks },
    about: ({ events }) => events.filter(({ explanation }) => explanation.status !== 'mismatch'),
  },
]
