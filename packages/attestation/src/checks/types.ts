import { nameOf } from '@trusted-launch/codec'
import { EV, IMA_PCR } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import { secureBootPcr } from '../measured-variables.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isOfWindows } from '../windows-boot.ts'

const firmwareTypes = [
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
  EV.EFI_BOOT_SERVICES_DRIVER,
  EV.EFI_RUNTIME_SERVICES_DRIVER,
  EV.EFI_PLATFORM_FIRMWARE_BLOB,
  EV.EFI_PLATFORM_FIRMWARE_BLOB2,
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_ACTION,
]
const configurationTypes = [
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
  4: [EV.EFI_ACTION, EV.EFI_BOOT_SERVICES_APPLICATION],
  5: [EV.EFI_ACTION, EV.EFI_GPT_EVENT, EV.EFI_GPT_EVENT2, EV.EVENT_TAG],
  6: [EV.COMPACT_HASH],
  7: [EV.EFI_VARIABLE_DRIVER_CONFIG, EV.EFI_VARIABLE_AUTHORITY, EV.EFI_ACTION],
  8: [EV.IPL],
  9: [EV.IPL, EV.EVENT_TAG],
  11: [EV.IPL],
  12: [EV.IPL, EV.EVENT_TAG],
  13: [EV.IPL],
  14: [EV.IPL],
  15: [EV.IPL],
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

function typesAllowed(log: VerifiedEventLog): Occurrence[] {
  return log.events
    .filter(({ eventType, pcrIndex }) => !isAllowed(eventType, pcrIndex))
    .filter((event) => !isOfWindows(log, event))
    .map((event) => ({
      id: event.pcrIndex === secureBootPcr ? 'eventlog.type.secure-boot' : 'eventlog.type',
      summary: `Event ${event.index} is of a type that PCR ${event.pcrIndex} does not have: ${nameOf(EV, event.eventType)}.`,
      pcr: event.pcrIndex,
      events: [event.index],
      tolerance: mayHide(event) ? null : 'type-unexpected',
    }))
}

/** Where images and command lines are measured, what is of another type and unverified may be one of them. */
const tellingPcrs: readonly number[] = [4, 8, 12]
/** Of Secure Boot all is known; before the kernel nobody measures into its register, where its list would begin later. */
const closedPcrs: readonly number[] = [secureBootPcr, IMA_PCR]

function mayHide({ pcrIndex, explanation: { verified } }: VerifiedEvent): boolean {
  return closedPcrs.includes(pcrIndex) || (tellingPcrs.includes(pcrIndex) && !verified)
}

/** EV_NO_ACTION measures nothing; of separators their own checks tell. */
const everywhere: readonly number[] = [EV.NO_ACTION, EV.SEPARATOR]

function isAllowed(eventType: number, pcrIndex: number): boolean {
  return everywhere.includes(eventType) || (allowed[pcrIndex]?.includes(eventType) ?? false)
}

export const typeChecks: readonly Check[] = [
  {
    ...{ number: 23, title: 'types are hints, and none hides another', run: nothingDisguised },
    about: ({ events }) => events,
  },
  {
    ...{ number: 23, title: 'types belong to their PCR', run: typesAllowed },
    about: (log) =>
      log.events.filter((one) => !everywhere.includes(one.eventType) && !isOfWindows(log, one)),
  },
]
