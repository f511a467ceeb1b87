import { encode, equalBytes, fromLatin1 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { UEFI_VARIABLE_DATA, VARIABLES } from '@trusted-launch/uefi'
import { ACTION, BOOT_PHASES, EV, WINDOWS_SEPARATOR } from './constants.ts'
import type { LoggedEvent } from './log.ts'

/** Something whose digest is always the same, and the event types that may carry it. */
interface Known {
  readonly name: string
  readonly bytes: Uint8Array
  readonly types: readonly number[]
}

const separator = (value: number): Known => ({
  name: `separator 0x${value.toString(16).padStart(8, '0')}`,
  bytes: Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24),
  types: [EV.SEPARATOR],
})

const text = (name: string, type: number): Known => ({
  name,
  bytes: fromLatin1(name),
  types: [type],
})

const secureBoot = (...value: number[]): Known => ({
  name: `SecureBoot = ${value.length === 0 ? 'nothing' : value[0]}`,
  bytes: encode(UEFI_VARIABLE_DATA, {
    variableName: VARIABLES.SecureBoot.guid,
    unicodeName: VARIABLES.SecureBoot.name,
    variableData: Uint8Array.from(value),
  }),
  types: [EV.EFI_VARIABLE_DRIVER_CONFIG],
})

/** What systemd measures when the firmware has long ended: never the firmware's log tells of it. */
const phase = (name: string): Known => ({
  name: `the phase ${name}`,
  bytes: fromLatin1(name),
  types: [],
})

const known: readonly Known[] = [
  ...BOOT_PHASES.map(phase),
  ...[0, 1, 0xffffffff].map(separator),
  text(WINDOWS_SEPARATOR, EV.SEPARATOR),
  ...Object.values(ACTION).map((name) => text(name, EV.EFI_ACTION)),
  ...[[], [0], [1]].map((value) => secureBoot(...value)),
]

type Digested = Known & { readonly digest: Uint8Array }
/** By bank and the digest's first byte: of most events that tells it is none of them. */
const tables = new Map<HashName, ReadonlyMap<number, readonly Digested[]>>()

function tableOf(bank: HashName): ReadonlyMap<number, readonly Digested[]> {
  let table = tables.get(bank)
  if (table === undefined) {
    const digested = known.map((one) => ({ ...one, digest: digest(bank, one.bytes) }))
    table = Map.groupBy(digested, (one) => one.digest[0]!)
    tables.set(bank, table)
  }
  return table
}

/**
 * What the event measures although its type says otherwise: a separator, an action or the SecureBoot
 * variable under another type hides a step of the boot from whoever goes by types. Null: nothing
 * known. EV_NO_ACTION measures nothing and is never disguised.
 */
export function disguiseOf(event: LoggedEvent, bank: HashName): string | null {
  const value = event.digests.get(bank)
  if (value === undefined || event.eventType === EV.NO_ACTION) return null
  const found = tableOf(bank)
    .get(value[0]!)
    ?.find((one) => equalBytes(one.digest, value))
  return found === undefined || found.types.includes(event.eventType) ? null : found.name
}
