import { encode, fromLatin1, toUtf16le, u32le, u64le } from '@trusted-launch/codec'
import {
  ACTION,
  EV,
  encodeSipa,
  SIPAEVENT,
  SIPAEVENT_REVOCATION_LIST_PAYLOAD,
  SIPAEVENT_SI_POLICY_PAYLOAD,
  type TCG_PCClientTaggedEventStruct,
} from '@trusted-launch/eventlog'
import { COMPONENT } from '../src/component.ts'
import { action, cleanBoot, image, type Step, step } from './boot.ts'

type Tag = TCG_PCClientTaggedEventStruct
/** What Windows tells, by its name in wbcl.h without `SIPAEVENT_`. */
export type Name = keyof typeof SIPAEVENT

export const flag = (name: Name, value: number): Tag => ({
  eventID: SIPAEVENT[name],
  eventData: Uint8Array.of(value),
})
export const short = (name: Name, value: number): Tag => ({
  eventID: SIPAEVENT[name],
  eventData: encode(u32le, value),
})
export const long = (name: Name, value: bigint): Tag => ({
  eventID: SIPAEVENT[name],
  eventData: encode(u64le, value),
})
export const text = (name: Name, value: string): Tag => ({
  eventID: SIPAEVENT[name],
  eventData: toUtf16le(`${value}\0`),
})
export const raw = (name: Name, eventData: Uint8Array): Tag => ({
  eventID: SIPAEVENT[name],
  eventData,
})
export const group = (name: Name, ...eventData: Tag[]): Tag => ({
  eventID: SIPAEVENT[name],
  eventData,
})

const digest = new Uint8Array(32).fill(0xab)
/** 2024-01-01T00:00:00Z. */
const creationTime = 133_485_408_000_000_000n
export const revoked = (name: Name): Tag =>
  raw(name, encode(SIPAEVENT_REVOCATION_LIST_PAYLOAD, { creationTime, hashAlgID: 0x0b, digest }))
export const policy = (name: string): Tag => {
  const policyName = toUtf16le(`${name}\0`)
  const value = { policyVersion: 0x000a_0000_0001_0002n, hashAlgID: 0x0b, policyName, digest }
  return raw('SI_POLICY', encode(SIPAEVENT_SI_POLICY_PAYLOAD, value))
}
export const module = (path: string, ...more: Tag[]): Tag =>
  group('LOADEDMODULE_AGGREGATION', text('FILEPATH', path), flag('IMAGEVALIDATED', 1), ...more)

/** What the boot manager says. */
export const manager: readonly Tag[] = [
  long('BOOTCOUNTER', 7n),
  short('APPLICATION_SVN', 3),
  short('TRANSFER_CONTROL', 1),
  flag('BOOTDEBUGGING', 0),
  flag('TESTSIGNING', 0),
  flag('FLIGHTSIGNING', 0),
  flag('CODEINTEGRITY', 1),
  short('BITLOCKER_UNLOCK', 4),
]
/** What the loader says of the system: everything on that protects, nothing that weakens. */
export const system: readonly Tag[] = [
  short('APPLICATION_SVN', 5),
  flag('OSKERNELDEBUG', 0),
  flag('SAFEMODE', 0),
  flag('WINPE', 0),
  long('DATAEXECUTIONPREVENTION', 1n),
  text('SYSTEMROOT', '\\Windows'),
  long('HYPERVISOR_LAUNCH_TYPE', 1n),
  flag('HYPERVISOR_DEBUG', 0),
  long('HYPERVISOR_IOMMU_POLICY', 0n),
  flag('HYPERVISOR_BOOT_DMA_PROTECTION', 1),
  long('VSM_LAUNCH_TYPE', 1n),
  flag('VBS_VSM_REQUIRED', 1),
  flag('VBS_MANDATORY_ENFORCEMENT', 1),
  flag('VBS_SECUREBOOT_REQUIRED', 1),
  flag('VBS_IOMMU_REQUIRED', 1),
  long('VBS_HVCI_POLICY', 1n),
  short('LSAISO_CONFIG', 1),
  flag('BOOTDEBUGGING', 0),
  flag('TESTSIGNING', 0),
  flag('FLIGHTSIGNING', 0),
  flag('CODEINTEGRITY', 1),
]
const modules: readonly Tag[] = [
  revoked('BOOT_REVOCATION_LIST'),
  revoked('OS_REVOCATION_LIST'),
  policy('{first}.CIP'),
  policy('{second}.CIP'),
  module('\\Windows\\system32\\ntoskrnl.exe', long('MODULE_VERSION', 0x000a_0000_65f4_06cen)),
  module('\\Windows\\system32\\drivers\\wd\\WdBoot.sys'),
]
const driver = group(
  'ELAM_AGGREGATION',
  text('ELAM_KEYNAME', 'Defender'),
  raw('ELAM_MEASURED', digest),
)

/** What Windows tags an event of the firmware's log with. */
export const tagged = (pcr: number, ...tags: Tag[]): Step =>
  step(pcr, EV.EVENT_TAG, encodeSipa(tags))
export const boundary = (pcr: number, ...tags: readonly Tag[]): Step =>
  tagged(pcr, group('TRUSTBOUNDARY', ...tags))
/** What ends Windows' part of a register. */
export const end = (pcr: number, data = 'WBCL'): Step => step(pcr, EV.SEPARATOR, fromLatin1(data))

/** The events of Windows in a boot that tells everything, with other tags where given. */
export function windowsPart({
  first = manager,
  second = [...system, driver],
  loaded = modules,
}: {
  first?: readonly Tag[]
  second?: readonly Tag[]
  loaded?: readonly Tag[]
} = {}): Step[] {
  return [
    step(11, EV.COMPACT_HASH, encode(u32le, 0x10)),
    boundary(12, ...first),
    boundary(13, ...first.filter(({ eventID }) => eventID !== SIPAEVENT.BOOTCOUNTER)),
    boundary(12, ...second),
    boundary(13, ...second, ...loaded),
    boundary(14, raw('AUTHORITYPUBKEY', digest)),
    end(12),
    end(13),
    end(14),
  ]
}

/** A boot of Windows on our own firmware: no shim, no GRUB. */
export function windowsBoot(part: readonly Step[] = windowsPart()): Step[] {
  const boot = cleanBoot()
  const firmware = boot.slice(
    0,
    boot.findIndex(({ component }) => component === COMPONENT.shim),
  )
  return [
    ...firmware.filter(({ component }) => component !== COMPONENT.shim),
    image(COMPONENT.bootManager, 'bootmgfw', 'EFI/Microsoft/Boot/bootmgfw.efi'),
    ...part,
    action(5, ACTION.exitBootServicesInvocation),
    action(5, ACTION.exitBootServicesSucceeded),
  ]
}
