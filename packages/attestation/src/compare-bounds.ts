import { MalformedError } from '@trusted-launch/codec'
import { EV } from '@trusted-launch/eventlog'
import { parseSbat, sameVariable, VARIABLES } from '@trusted-launch/uefi'
import { COMPONENT } from './component.ts'
import { findingOf } from './finding-table.ts'
import { type MeasuredVariable, nameOf, variablesOf } from './measured-variables.ts'
import { printable } from './printable.ts'
import {
  type BoundVariable,
  boundVariable,
  type ReferenceBounds,
  type ReferenceSignature,
  signaturesOf,
  without,
} from './reference-bounds.ts'
import type { ReferenceVariant } from './reference-variant.ts'
import type { Finding } from './result.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

/** How bounds take a measured variable. */
export interface Held {
  readonly variable: string
  /** Of the expected event whose place it takes. */
  readonly component: string
  /** None: it is within. */
  readonly faults: readonly Finding[]
}

/**
 * The variables of PCR 7 that a variant's bounds speak of, by event. Only those whose name and value a
 * digest vouches for, and that read: of any other the exact digest decides.
 */
export function boundsOf(
  log: VerifiedEventLog,
  { bounds }: Pick<ReferenceVariant, 'bounds'>,
): ReadonlyMap<number, Held> {
  const held = new Map<number, Held>()
  if (bounds === null) return held
  const known = (type: number) =>
    variablesOf(log, type).filter(({ nameVouchedFor }) => nameVouchedFor)
  for (const measured of known(EV.EFI_VARIABLE_DRIVER_CONFIG)) {
    const variable = boundVariable(nameOf(measured.variable))
    const entries = signaturesOf(measured.variable.variableData)
    if (variable === null || entries === null) continue
    const faults = faultsOfDatabase(variable, entries, bounds, measured)
    held.set(measured.event.index, { variable, component: COMPONENT.secureBootVariables, faults })
  }
  for (const measured of known(EV.EFI_VARIABLE_AUTHORITY)) {
    if (bounds.sbat === null || !sameVariable(nameOf(measured.variable), VARIABLES.SbatLevel))
      continue
    const faults = faultsOfSbat(measured, bounds.sbat)
    const { name } = VARIABLES.SbatLevel
    held.set(measured.event.index, { variable: name, component: COMPONENT.shim, faults })
  }
  return held
}

function faultsOfDatabase(
  variable: BoundVariable,
  entries: readonly ReferenceSignature[],
  bounds: ReferenceBounds,
  measured: MeasuredVariable,
): Finding[] {
  return variable === 'dbx'
    ? missingRevocations(entries, bounds.dbx, measured)
    : foreignEntries(variable, entries, bounds[variable], measured)
}

function foreignEntries(
  variable: BoundVariable,
  entries: readonly ReferenceSignature[],
  allowed: readonly ReferenceSignature[],
  { event }: MeasuredVariable,
): Finding[] {
  const foreign = without(entries, allowed)
  // check 33
  if (foreign.length > 0)
    return foreign.map((entry) =>
      findingOf({
        id: 'secure-boot-variables.not-allowed',
        summary: `${variable} holds ${nameOfEntry(entry)}, which is not allowed.`,
        pcr: event.pcrIndex,
        events: [event.index],
        expected: `one of ${allowed.length} entries`,
        actual: `${entry.type} ${entry.sha256}`,
      }),
    )
  return []
}

function missingRevocations(
  entries: readonly ReferenceSignature[],
  required: readonly ReferenceSignature[],
  { event }: MeasuredVariable,
): Finding[] {
  const missing = without(required, entries)
  // check 33
  if (missing.length > 0)
    return [
      findingOf({
        id: 'secure-boot-variables.revocation-missing',
        summary: `dbx lacks ${missing.length} of ${required.length} revocations that are required, ${nameOfEntry(missing[0]!)} among them.`,
        pcr: event.pcrIndex,
        events: [event.index],
        expected: `${required.length} revocations`,
        actual: `${required.length - missing.length} of them, and ${entries.length} in all`,
      }),
    ]
  return []
}

function faultsOfSbat(
  { event, variable }: MeasuredVariable,
  least: Readonly<Record<string, number>>,
): Finding[] {
  const level = sbatLevelOf(variable.variableData)
  const below = Object.entries(least).filter(([name, minimum]) => (level.get(name) ?? 0) < minimum)
  const text = (pairs: readonly (readonly [string, number])[]) =>
    printable(pairs.map(([name, generation]) => `${name} ${generation}`).join(', '))
  // check 33
  if (below.length > 0)
    return [
      findingOf({
        id: 'sbat-level.below-minimum',
        summary: `Shim's SBAT level lets run what is revoked: ${printable(below.map(([name]) => name).join(', '))}.`,
        pcr: event.pcrIndex,
        events: [event.index],
        expected: text(below),
        actual: text(below.map(([name]) => [name, level.get(name) ?? 0])),
      }),
    ]
  return []
}

/** The generations of a measured level; none where it cannot be read. */
export function sbatLevelOf(bytes: Uint8Array): ReadonlyMap<string, number> {
  try {
    return new Map(parseSbat(bytes).map(({ component, generation }) => [component, generation]))
  } catch (e) {
    if (e instanceof MalformedError) return new Map()
    throw e
  }
}

function nameOfEntry({ name, sha256 }: ReferenceSignature): string {
  return name === null ? `the entry ${sha256.slice(0, 16)}…` : `"${printable(name)}"`
}
