import { toHex, toLatin1 } from '@trusted-launch/codec'
import { ACTION, BOOT_PHASES, EV } from '@trusted-launch/eventlog'
import { sameVariable, VARIABLES } from '@trusted-launch/uefi'
import type { Json } from './canonical-json.ts'
import { imagesOf, isAction } from './checks/boot-manager.ts'
import { commandLines, linesAreAll } from './checks/command-line.ts'
import { firmwareClaims } from './firmware-claims.ts'
import { certificateOf } from './known-database.ts'
import {
  configuration,
  databaseNamed,
  type MeasuredVariable,
  secureBootOf,
  variablesOf,
} from './measured-variables.ts'
import { printable } from './printable.ts'
import type { Claim } from './result.ts'
import { beginsWithSections, PHASE_PCR, phasesOf } from './userspace-phases.ts'
import {
  perKnownLog,
  perLog,
  type VerifiedEvent,
  type VerifiedEventLog,
} from './verify-event-log.ts'
import { windowsClaims } from './windows-claims.ts'

/** What the evidence says, each claim with the events that vouch for it. */
export type Claims = Readonly<Record<string, Claim>>

/** An authority: the name it is measured under, and whose certificate it is. */
export interface Authority {
  readonly event: VerifiedEvent
  readonly name: string
  /** The certificate's subject; null: no certificate. */
  readonly subject: string | null
}

/**
 * The claims a verified log supports: `secure-boot`, `variable-PK` … `variable-dbx` (SHA-256 of the
 * value), `authorities`, `images` (what PCR 4 loaded, by Authenticode digest), `command-line`,
 * `sbat-level`, `os-present`, `boot-counter` (of a quote only), `boot-phases` (of userspace's log), what else
 * the firmware tells (`firmwareClaims`) and Windows (`windowsClaims`). What is not verified is a claim of null,
 * unverified. `command-line` is the one line there is, where nothing else in its registers could be another;
 * that a loader measured it, and not whoever ran later, only reference values show.
 * @param bootCounter the quote's `resetCount`; null: there is no quote.
 */
export function claimsOf(log: VerifiedEventLog, bootCounter: number | null = null): Claims {
  return { ...bootClaims(log), 'boot-counter': claim(bootCounter, []), ...platformClaims(log) }
}

const bootClaims = perKnownLog(bootClaimsOf)

function bootClaimsOf(log: VerifiedEventLog): Claims {
  const secureBoot = configuration(log, 'SecureBoot')
  const [commandLine, ...more] = commandLines(log)
  const images = imagesOf(log)
  const ended = log.eventsOf(5).find((e) => isAction(e, ACTION.exitBootServicesSucceeded))
  const authorities = authoritiesOf(log)
  const sbat = variablesOf(log, EV.EFI_VARIABLE_AUTHORITY).find(({ variable }) =>
    sameVariable({ name: variable.unicodeName, guid: variable.variableName }, VARIABLES.SbatLevel),
  )
  return {
    'secure-boot': claim(secureBootOf(log), secureBoot === null ? [] : [secureBoot.event]),
    ...variableClaims(log),
    authorities: claim(
      authorities.map(({ name, subject }) => ({ name, subject })),
      authorities.map(({ event }) => event),
    ),
    images: claim(
      images.map((event) => toHex(event.digest)),
      images,
    ),
    'command-line':
      commandLine !== undefined && more.length === 0 && linesAreAll(log)
        ? claim(commandLine.text, [commandLine.event])
        : claim(null, []),
    'sbat-level': claim(
      sbat === undefined ? null : textOf(sbat),
      sbat === undefined ? [] : [sbat.event],
    ),
    'os-present': claim(ended !== undefined ? true : null, ended === undefined ? [] : [ended]),
  }
}

const platformClaims = perKnownLog(
  (log): Claims => ({ ...firmwareClaims(log), ...phaseClaims(log), ...windowsClaims(log) }),
)

/** The same of a log that is refused: it verifies nothing, whatever one register of it says. */
export function unverified(claims: Claims): Claims {
  const told = Object.entries(claims).map(([name, claim]) => [name, { ...claim, verified: false }])
  return Object.fromEntries(told)
}

/** `boot-phases`, where userspace measured any: as PCR 11 vouches for them, and for nothing else beside them. */
function phaseClaims(log: VerifiedEventLog): Record<string, Claim> {
  if (log.userspace.length === 0) return {}
  const phases = phasesOf(log).map(({ text }) => text)
  const all = log.userspace.filter(({ pcrIndex }) => pcrIndex === PHASE_PCR)
  const told = claim(phases.length > 0 ? phases : null, [])
  // A record's kind is not measured: what is no phase by its text is one by no other word.
  const known = phases.every((text) => BOOT_PHASES.includes(text ?? ''))
  const nothingElse = known && phases.length === all.length && beginsWithSections(log)
  return { 'boot-phases': { ...told, verified: told.verified && nothingElse } }
}

function variableClaims(log: VerifiedEventLog): Record<string, Claim> {
  const made: Record<string, Claim> = {}
  for (const name of ['PK', 'KEK', 'db', 'dbx'] as const) {
    const given = databaseNamed(log, name)
    const value = given?.nameVouchedFor === true ? given.database.sha256 : null
    made[`variable-${name}`] = claim(value, given === null ? [] : [given.event])
  }
  return made
}

/** Who let images run, in order. */
export const authoritiesOf = perLog((log) =>
  variablesOf(log, EV.EFI_VARIABLE_AUTHORITY).map(
    ({ event, variable }): Authority => ({
      event,
      name: printable(variable.unicodeName.slice(0, 64)),
      subject: certificateOf(variable.variableData.subarray(16))?.subject ?? null,
    }),
  ),
)

function textOf({ variable }: MeasuredVariable): string {
  return printable(toLatin1(variable.variableData.subarray(0, 1024)))
}

// Null says nothing, so there is nothing to verify.
function claim(value: Json, events: readonly VerifiedEvent[]): Claim {
  return { value, verified: value !== null, events: events.map(({ index }) => index) }
}
