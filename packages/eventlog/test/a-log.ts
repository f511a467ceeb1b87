import { encode, fromLatin1 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { UEFI_VARIABLE_DATA, VARIABLES, type VariableName } from '@trusted-launch/uefi'
import {
  ACTION,
  buildEventLog,
  EV,
  type EventLog,
  encodeEventLog,
  type NewEvent,
} from '../src/index.ts'

/** An event whose digests are of `measured`, or of its own data. */
export function event(
  pcrIndex: number,
  eventType: number,
  data: Uint8Array,
  measured = data,
  banks: readonly HashName[] = ['sha256'],
): NewEvent {
  const digests = new Map(banks.map((bank) => [bank, digest(bank, measured)]))
  return { pcrIndex, eventType, digests, data }
}

/** The data of an event about a variable. */
export function variable({ guid, name }: VariableName, ...value: number[]): Uint8Array {
  const variableData = Uint8Array.from(value)
  return encode(UEFI_VARIABLE_DATA, { variableName: guid, unicodeName: name, variableData })
}

export const separator = (pcrIndex: number, banks?: readonly HashName[]): NewEvent =>
  event(pcrIndex, EV.SEPARATOR, new Uint8Array(4), undefined, banks)

export const noAction = (
  pcrIndex: number,
  data: Uint8Array,
  banks: readonly HashName[] = ['sha256'],
): NewEvent => {
  const zeros = new Map(banks.map((bank) => [bank, new Uint8Array(digest(bank, data).length)]))
  return { pcrIndex, eventType: EV.NO_ACTION, digests: zeros, data }
}

export const startupLocality = (locality: number, pcrIndex = 0): NewEvent =>
  noAction(pcrIndex, Uint8Array.of(...fromLatin1('StartupLocality\0'), locality))

/** The events of a small boot: enough kinds to be worth breaking. */
export function smallBoot(banks: readonly HashName[] = ['sha256']): NewEvent[] {
  const on = (pcrIndex: number, eventType: number, data: Uint8Array, measured?: Uint8Array) =>
    event(pcrIndex, eventType, data, measured, banks)
  return [
    on(0, EV.S_CRTM_VERSION, new Uint8Array(2)),
    on(7, EV.EFI_VARIABLE_DRIVER_CONFIG, variable(VARIABLES.SecureBoot, 1)),
    ...[7, 0, 1, 2, 3, 4, 5, 6].map((pcrIndex) => separator(pcrIndex, banks)),
    on(4, EV.EFI_ACTION, fromLatin1(ACTION.callingApplication)),
    on(8, EV.IPL, fromLatin1('grub_cmd: set a=b\0'), fromLatin1('set a=b')),
    on(9, EV.IPL, fromLatin1('/vmlinuz\0'), fromLatin1('the kernel')),
  ]
}

/** A log of these events. */
export function logOf(
  events: readonly NewEvent[],
  banks: readonly HashName[] = ['sha256'],
): EventLog {
  return buildEventLog(banks, events)
}

/** A log of these events, as bytes. */
export function bytesOf(events: readonly NewEvent[], banks?: readonly HashName[]): Uint8Array {
  return encodeEventLog(logOf(events, banks))
}
