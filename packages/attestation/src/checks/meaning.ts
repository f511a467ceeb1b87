import { nameOf } from '@trusted-launch/codec'
import { EV, explain } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEventLog } from '../verify-event-log.ts'

const firmwareTypes = [
  EV.SEPARATOR,
  EV.POST_CODE,
  EV.POST_CODE2,
  EV.S_CRTM_CONTENTS,
  EV.S_CRTM_VERSION,
  EV.EFI_PLATFORM_FIRMWARE_BLOB,
  EV.EFI_PLATFORM_FIRMWARE_BLOB2,
  EV.NONHOST_CODE,
  EV.NONHOST_CONFIG,
  EV.NONHOST_INFO,
]
const driverTypes = [
  EV.SEPARATOR,
  EV.EFI_BOOT_SERVICES_DRIVER,
  EV.EFI_RUNTIME_SERVICES_DRIVER,
  EV.EFI_PLATFORM_FIRMWARE_BLOB,
  EV.EFI_PLATFORM_FIRMWARE_BLOB2,
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_ACTION,
]
const configurationTypes = [
  EV.SEPARATOR,
  EV.EFI_VARIABLE_BOOT,
  EV.EFI_VARIABLE_BOOT2,
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_HANDOFF_TABLES,
  EV.EFI_HANDOFF_TABLES2,
  EV.EFI_ACTION,
  EV.CPU_MICROCODE,
  EV.PLATFORM_CONFIG_FLAGS,
  EV.TABLE_OF_DEVICES,
  EV.EFI_PLATFORM_FIRMWARE_BLOB,
  EV.EFI_PLATFORM_FIRMWARE_BLOB2,
]

/** Which types may stand in which PCR, on our own firmware. PC Client PFP, "PCR Usage". */
const allowed: Readonly<Record<number, readonly number[]>> = {
  0: firmwareTypes,
  1: configurationTypes,
  2: driverTypes,
  3: driverTypes,
  4: [EV.SEPARATOR, EV.EFI_ACTION, EV.EFI_BOOT_SERVICES_APPLICATION],
  5: [EV.SEPARATOR, EV.EFI_ACTION, EV.EFI_GPT_EVENT, EV.EFI_GPT_EVENT2, EV.EVENT_TAG],
  6: [EV.SEPARATOR, EV.COMPACT_HASH],
  7: [EV.SEPARATOR, EV.EFI_VARIABLE_DRIVER_CONFIG, EV.EFI_VARIABLE_AUTHORITY, EV.EFI_ACTION],
  8: [EV.IPL],
  9: [EV.IPL, EV.EVENT_TAG],
  11: [EV.IPL],
  12: [EV.IPL, EV.EVENT_TAG],
  13: [EV.IPL],
  14: [EV.IPL],
  15: [EV.IPL],
}

/** Data that ought to give the digest, and does not, is never a basis for anything. */
function dataMatchesDigest({ events, bank }: VerifiedEventLog): Occurrence[] {
  return events
    .filter(({ explanation }) => explanation.status === 'mismatch')
    .map(({ index, pcrIndex, eventType }) => ({
      id: 'eventlog.data',
      summary: `The data of event ${index} (${nameOf(EV, eventType)}) is not what was measured (${bank}).`,
      pcr: pcrIndex,
      events: [index],
    }))
}

/** What is said of an event is said of its digest in the strongest bank: it must be so in the others as well. */
function banksAgree({ events, bank, values }: VerifiedEventLog): Occurrence[] {
  const others = values.map((one) => one.bank).filter((other) => other !== bank)
  return others.flatMap((other) =>
    events
      .filter((event) => {
        const { status, rule, disguised } = explain(event, other)
        const { explanation } = event
        return (
          status !== explanation.status ||
          rule !== explanation.rule ||
          disguised !== explanation.disguised
        )
      })
      .map(({ index, pcrIndex, eventType }) => ({
        id: 'eventlog.data',
        summary: `Event ${index} (${nameOf(EV, eventType)}) measured something else in ${other} than in ${bank}.`,
        pcr: pcrIndex,
        events: [index],
      })),
  )
}

/** A separator, action or SecureBoot variable under another type hides a step of the boot. */
function nothingDisguised({ events }: VerifiedEventLog): Occurrence[] {
  return events
    .filter(({ explanation }) => explanation.disguised !== null)
    .map(({ index, pcrIndex, eventType, explanation }) => ({
      id: 'eventlog.disguised',
      summary: `Event ${index} says it is ${nameOf(EV, eventType)} and measures: ${explanation.disguised}.`,
      pcr: pcrIndex,
      events: [index],
    }))
}

function typesAllowed({ events }: VerifiedEventLog): Occurrence[] {
  return events
    .filter(({ eventType, pcrIndex }) => !isAllowed(eventType, pcrIndex))
    .map(({ index, pcrIndex, eventType }) => ({
      id: pcrIndex === 7 ? 'eventlog.type.secure-boot' : 'eventlog.type',
      summary: `Event ${index} is of a type that PCR ${pcrIndex} does not have: ${nameOf(EV, eventType)}.`,
      pcr: pcrIndex,
      events: [index],
    }))
}

function isAllowed(eventType: number, pcrIndex: number): boolean {
  return eventType === EV.NO_ACTION || (allowed[pcrIndex]?.includes(eventType) ?? false)
}

/** Ways of writing text down that loaders of our own guests have; what was measured is verified. */
const harmless: readonly string[] = [
  'section-name-narrow',
  'text-cut-short',
  'text-with-nul',
  'text-without-nul',
]

/** On our own firmware no deviation is known but the loader's: each is told. */
function noQuirks({ events }: VerifiedEventLog): Occurrence[] {
  const found = new Map<string, number[]>()
  for (const { index, explanation } of events)
    if (explanation.quirk !== null)
      found.set(explanation.quirk, [...(found.get(explanation.quirk) ?? []), index])
  return [...found].map(([quirk, indexes]) => ({
    id: 'eventlog.quirk',
    ...(harmless.includes(quirk) ? { severity: 'info' as const } : {}),
    summary: `Events were understood only as a known deviation: ${quirk}.`,
    events: indexes,
    actual: quirk,
  }))
}

export const meaningChecks: readonly Check[] = [
  { number: 23, title: 'types are hints, and none hides another', run: nothingDisguised },
  { number: 23, title: 'types belong to their PCR', run: typesAllowed },
  { number: 24, title: 'data is hashed again', run: dataMatchesDigest },
  { number: 24, title: 'banks measure the same', run: banksAgree },
  { number: 25, title: 'deviations are named', run: noQuirks },
]
