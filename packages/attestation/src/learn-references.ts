import { toHex } from '@trusted-launch/codec'
import { digestHex } from '@trusted-launch/crypto'
import { describeData, EV, eventTypeName, IMA_PCR } from '@trusted-launch/eventlog'
import { sameVariable, VARIABLES } from '@trusted-launch/uefi'
import type { EventLogInput } from './appraise-event-log.ts'
import { checkIma } from './check-ima.ts'
import { checkUserspace } from './check-userspace.ts'
import { runChecks } from './checks.ts'
import { type Claims, claimsOf } from './claims.ts'
import { sbatLevelOf } from './compare-bounds.ts'
import { heldValue } from './held-value.ts'
import { advisedForImport } from './imported/advice.ts'
import { componentOfLearnt } from './learnt-component.ts'
import { configuration, variablesOf } from './measured-variables.ts'
import { PcrValues } from './pcr-values.ts'
import { printable } from './printable.ts'
import { BOUND_VARIABLES, boundsFrom, type ReferenceBounds } from './reference-bounds.ts'
import type {
  Digests,
  ReferenceEvent,
  ReferenceModule,
  ReferencePcr,
  ReferenceVariables,
  ReferenceVariant,
} from './reference-variant.ts'
import type { Finding } from './result.ts'
import { type VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

const modulePath = /\.ko(\.(xz|gz|zst))?$/
const wordsMax = 8192
/** The last register that a boot measures into: later ones can be reset. */
const lastPcr = 15

/**
 * Learns a variant from a log that holds against PCR values the caller vouches for: its events of every
 * such PCR from 0 to 15, PCR 10 by the modules that the IMA list names. It needs approval: that a boot
 * is genuine does not make it good.
 *
 * What Windows counts up on each boot (PCR 12, 13) is learnt as it was, so another boot of it differs.
 *
 * @param named what it is to be called, and the name of the log.
 * @param options `bounds`: Secure Boot variables are held to sets instead of exactly these.
 * @returns the findings that refuse the log, when it does not hold.
 * @throws {MalformedError} PCR values of the wrong size.
 */
export function learnReferences(
  input: EventLogInput,
  named: { readonly name: string; readonly log: string },
  options: { readonly bounds?: boolean } = {},
): ReferenceVariant | readonly Finding[] {
  const values = [...input.pcrs].map(([bank, pcrs]) => PcrValues.asGivenByCaller(bank, pcrs))
  const log = VerifiedEventLog.verify(input, values, input.profile)
  if (!(log instanceof VerifiedEventLog)) return advisedForImport(log)
  const found = [...runChecks(log), ...checkIma(log, null), ...checkUserspace(log)]
  const refused = found.filter(({ severity }) => severity === 'high')
  if (refused.length > 0) return advisedForImport(refused)
  const claims = claimsOf(log)
  const learnt = [...log.pcrs.keys()].filter((pcr) => pcr <= lastPcr && pcr !== IMA_PCR)
  const line = claims['command-line']
  return {
    name: named.name,
    origins: [{ kind: 'log', name: named.log, sha256: digestHex('sha256', input.eventLog!) }],
    approval: 'needed',
    banks: log.values.map(({ bank }) => bank),
    variables: variablesFrom(claims),
    bounds: options.bounds === true ? boundsOfLog(log, claims) : null,
    firmware: null,
    pcrs: Object.fromEntries(
      learnt.sort((a, b) => a - b).map((pcr) => [String(pcr), pcrOf(log, pcr)]),
    ),
    kernel: {
      commandLine: line?.verified === true ? String(line.value).slice(0, wordsMax) : null,
      modules: modulesOf(log),
    },
  }
}

/** A register as it was measured, every event of it; by its value alone where events do not give that. */
export function pcrOf(log: VerifiedEventLog, pcr: number): ReferencePcr {
  const events = log.eventsOf(pcr).map((event) => eventOf(log, event))
  const values = valuesOf(log, pcr, { events })
  const isGiven = log.values.every(
    ({ bank }) => toHex(log.replays.get(bank)!.pcrs.get(pcr)!.value) === values[bank],
  )
  return isGiven ? { events, values } : wholeOf(log, pcr)
}

/** A register by its value alone. */
export function wholeOf(log: VerifiedEventLog, pcr: number): ReferencePcr {
  return { events: null, values: valuesOf(log, pcr, { events: null }) }
}

function valuesOf(log: VerifiedEventLog, pcr: number, of: Pick<ReferencePcr, 'events'>): Digests {
  return Object.fromEntries(
    log.values.map(({ bank }) => [bank, toHex(heldValue(log, pcr, bank, of))]),
  )
}

/** What was measured, as something to expect. */
export function eventOf(log: VerifiedEventLog, event: VerifiedEvent): ReferenceEvent {
  const digests: Digests = Object.fromEntries(
    log.values.map(({ bank }) => [bank, toHex(event.digests.get(bank)!)]),
  )
  return {
    component: componentOfLearnt(event),
    description: descriptionOf(event),
    path: null,
    digests,
  }
}

/** What is shown of it; of what no digest vouches for, what the log says it is. */
function descriptionOf(event: VerifiedEvent): string {
  const { data } = event.explanation
  if (data.kind === 'variable') return printable(data.variable.unicodeName).slice(0, wordsMax)
  if (data.kind === 'separator') return 'separator'
  if (data.kind === 'ipl') return printable(data.text).slice(0, wordsMax)
  const told = describeData(data)
  return told === '' ? eventTypeName(event) : told
}

/** What the Secure Boot variables were, as far as the log verifies it. */
export function variablesFrom(claims: Claims): ReferenceVariables {
  const hashOf = (name: string) => {
    const claim = claims[`variable-${name}`]
    return claim?.verified === true ? String(claim.value) : null
  }
  const [PK, KEK, db, dbx] = BOUND_VARIABLES.map(hashOf)
  const secureBoot = claims['secure-boot']
  return {
    secureBoot: secureBoot?.verified === true && secureBoot.value === true,
    PK: PK!,
    KEK: KEK!,
    db: db!,
    dbx: dbx!,
  }
}

function boundsOfLog(log: VerifiedEventLog, claims: Claims): ReferenceBounds | null {
  const dataOf = (name: (typeof BOUND_VARIABLES)[number]) => {
    const measured = configuration(log, name)
    return measured?.nameVouchedFor === true ? measured.variable.variableData : null
  }
  const level = variablesOf(log, EV.EFI_VARIABLE_AUTHORITY).find(({ variable }) =>
    sameVariable({ name: variable.unicodeName, guid: variable.variableName }, VARIABLES.SbatLevel),
  )
  const svn = claims['windows-boot-manager-svn']
  return boundsFrom(
    dataOf,
    level === undefined ? null : Object.fromEntries(sbatLevelOf(level.variable.variableData)),
    svn?.verified === true && typeof svn.value === 'number' ? svn.value : null,
  )
}

/** The modules that the list names, as far as PCR 10 vouches for it; null: no list. */
export function modulesOf(log: VerifiedEventLog): readonly ReferenceModule[] | null {
  const [any] = log.ima.values()
  if (any === undefined) return null
  const counts = [...log.ima.values()].map(({ matched }) => matched ?? 0)
  const seen = new Map<string, ReferenceModule>()
  for (const { data, violation } of any.entries.slice(0, Math.min(...counts))) {
    if (violation || data.kind !== 'fields' || !modulePath.test(data.name)) continue
    if (data.digest.algorithm !== 'sha256') continue
    const sha256 = toHex(data.digest.digest)
    seen.set(sha256, { path: printable(data.name).slice(0, wordsMax), sha256 })
  }
  return [...seen.values()]
}
