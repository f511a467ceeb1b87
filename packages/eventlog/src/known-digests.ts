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

/** What an event measures, as its digest tells: these bytes. */
export type KnownDigest = Known & { readonly digest: Uint8Array }
/** By bank and the digest's first byte: of most events that tells it is none of them. */
const tables = new Map<HashName, readonly (readonly KnownDigest[] | undefined)[]>()

function tableOf(bank: HashName): readonly (readonly KnownDigest[] | undefined)[] {
  const known = tables.get(bank) ?? makeTable(bank)
  tables.set(bank, known)
  return known
}

function makeTable(bank: HashName): readonly KnownDigest[][] {
  const table: KnownDigest[][] = []
  for (const one of known) {
    const digested = { ...one, digest: digest(bank, one.bytes) }
    const first = digested.digest[0]!
    table[first] = [...(table[first] ?? []), digested]
  }
  return table
}

/** Which of the things that are always the same the event measures; null: none. EV_NO_ACTION measures nothing. */
export function knownDigestOf(event: LoggedEvent, bank: HashName): KnownDigest | null {
  const value = event.digests.get(bank)
  if (value === undefined || event.eventType === EV.NO_ACTION) return null
  const candidates = tableOf(bank)[value[0]!] ?? []
  for (const one of candidates) if (equalBytes(one.digest, value)) return one
  return null
}

/**
 * What the event measures although its type says otherwise: a separator, an action or the SecureBoot
 * variable under another type hides a step of the boot from whoever goes by types. Null: nothing known.
 */
export function disguiseOf(
  { eventType }: LoggedEvent,
  measured: KnownDigest | null,
): string | null {
  return measured === null || measured.types.includes(eventType) ? null : measured.name
}
