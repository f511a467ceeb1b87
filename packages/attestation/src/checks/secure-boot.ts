import { equalBytes, MalformedError } from '@trusted-launch/codec'
import { Certificate, CryptoError } from '@trusted-launch/crypto'
import { ACTION, EV } from '@trusted-launch/eventlog'
import {
  decodeSignatureDatabase,
  entriesOf,
  GUIDS,
  type SignatureDatabase,
  type SignatureEntry,
  sameVariable,
  type UEFI_VARIABLE_DATA,
  VARIABLES,
} from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isSeparator } from './separators.ts'

const required = ['SecureBoot', 'PK', 'KEK', 'db', 'dbx'] as const
const optional = ['dbt', 'dbr', 'AuditMode', 'DeployedMode'] as const
const shimAuthorities = ['Shim', 'SbatLevel', 'MokListRT', 'MokListTrusted', 'MokList', 'vendor_db']
const rsaBitsMin = 2048
const secureBootPcr = 7

/** A variable that PCR 7 vouches for: GUID, name and value. */
export interface MeasuredVariable {
  readonly event: VerifiedEvent
  readonly variable: UEFI_VARIABLE_DATA
}

/** The variables of this type that PCR 7 vouches for, in order. */
export function variablesOf(log: VerifiedEventLog, eventType: number): MeasuredVariable[] {
  return log.eventsOf(secureBootPcr).flatMap((event) => {
    const { data, verified } = event.explanation
    const fits = event.eventType === eventType && verified && data.kind === 'variable'
    return fits ? [{ event, variable: data.variable }] : []
  })
}

/** The one variable of this name and GUID; null when it is not there, or there twice. */
export function configuration(
  log: VerifiedEventLog,
  name: (typeof required)[number],
): MeasuredVariable | null {
  const found = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG).filter(({ variable }) =>
    sameVariable(nameOf(variable), VARIABLES[name]),
  )
  return found.length === 1 ? found[0]! : null
}

/** Whether Secure Boot was on; null: the log does not say it in the one way it may be said. */
export function secureBootOf(log: VerifiedEventLog): boolean | null {
  const data = configuration(log, 'SecureBoot')?.variable.variableData
  if (data === undefined || data.length > 1) return null
  if (data.length === 0) return false
  return data[0] === 0 || data[0] === 1 ? data[0] === 1 : null
}

function nameOf({ unicodeName, variableName }: UEFI_VARIABLE_DATA) {
  return { name: unicodeName, guid: variableName }
}

/** SecureBoot, PK, KEK, db, dbx, then the optional ones: in this order, once, before the separator. */
function variablesInOrder(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(secureBootPcr)
  const found = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
  const end = events.findIndex(isSeparator)
  const faults: Occurrence[] = []
  const fault = (summary: string, event?: VerifiedEvent) =>
    faults.push({
      id: 'secure-boot.variables',
      summary,
      pcr: secureBootPcr,
      events: event === undefined ? [] : [event.index],
    })
  for (const [i, name] of required.entries()) {
    const at = found[i]
    if (at === undefined || !sameVariable(nameOf(at.variable), VARIABLES[name]))
      fault(`Variable ${i + 1} in PCR 7 is not ${name}.`, at?.event)
  }
  const later = found.slice(required.length).map(({ variable }) => nameOf(variable))
  for (const [i, given] of later.entries()) {
    const known = optional.some((name) => sameVariable(given, VARIABLES[name]))
    const repeated = later.slice(0, i).some((before) => sameVariable(before, given))
    if (!known || repeated)
      fault('PCR 7 has a variable more than it may.', found[required.length + i]!.event)
  }
  for (const { event } of found)
    if (end >= 0 && events.indexOf(event) > end)
      fault('A Secure Boot variable was measured after the separator.', event)
  return faults
}

function secureBootValue(log: VerifiedEventLog): Occurrence[] {
  const given = configuration(log, 'SecureBoot')
  if (given === null || secureBootOf(log) !== null) return []
  const { event, variable } = given
  return [
    {
      id: 'secure-boot.value',
      summary: 'SecureBoot is neither on nor off.',
      pcr: secureBootPcr,
      events: [event.index],
      expected: 'one byte, 0 or 1',
      actual: `${variable.variableData.length} bytes`,
    },
  ]
}

/** With Secure Boot on: one PK, KEK and db not empty, dbx not malformed. */
function keysPresent(log: VerifiedEventLog): Occurrence[] {
  return (['PK', 'KEK', 'db', 'dbx'] as const).flatMap((name): Occurrence[] => {
    const given = configuration(log, name)
    if (given === null) return []
    const at = { pcr: secureBootPcr, events: [given.event.index] }
    const lists = databaseOf(given.variable.variableData)
    if (lists === null)
      return [{ id: 'secure-boot.lists' as const, summary: `${name} cannot be read.`, ...at }]
    const count = entriesOf(lists).length
    const wrong = name === 'PK' ? count !== 1 : name !== 'dbx' && count === 0
    if (secureBootOf(log) !== true || !wrong) return []
    const summary = `Secure Boot is on, and ${name} has ${count} entries.`
    return [{ id: 'secure-boot.keys' as const, summary, ...at }]
  })
}

/** The lists of a measured variable; null when they cannot be read. */
export function databaseOf(bytes: Uint8Array): SignatureDatabase | null {
  try {
    return decodeSignatureDatabase(bytes)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

/** Who let images run: db entries that are in db, shim's own names under shim's GUID, each once. */
function authorities(log: VerifiedEventLog): Occurrence[] {
  const found = variablesOf(log, EV.EFI_VARIABLE_AUTHORITY)
  const at = { pcr: secureBootPcr }
  const faults: Occurrence[] = []
  if (secureBootOf(log) === true && !found.some(({ variable }) => isDb(variable)))
    faults.push({
      id: 'secure-boot.authority.missing',
      summary: 'Secure Boot is on, and no key in db let the loader run.',
      ...at,
    })
  const seen: Uint8Array[] = []
  for (const { event, variable } of found) {
    const where = { ...at, events: [event.index] }
    if (!isKnownAuthority(log, variable))
      faults.push({
        id: 'secure-boot.authority.foreign',
        summary: `What let an image run is not among the measured keys (${variable.unicodeName.slice(0, 64)}).`,
        ...where,
      })
    if (seen.some((digest) => equalBytes(digest, event.digest)))
      faults.push({
        id: 'secure-boot.authority.repeated',
        summary: 'The same authority is measured twice.',
        ...where,
      })
    seen.push(event.digest)
  }
  return faults
}

function isDb(variable: UEFI_VARIABLE_DATA): boolean {
  return sameVariable(nameOf(variable), VARIABLES.db)
}

function isKnownAuthority(log: VerifiedEventLog, variable: UEFI_VARIABLE_DATA): boolean {
  const { variableName, unicodeName, variableData } = variable
  if (!isDb(variable))
    return variableName === GUIDS.SHIM_LOCK_GUID && shimAuthorities.includes(unicodeName)
  const db = configuration(log, 'db')
  const lists = db === null ? null : databaseOf(db.variable.variableData)
  return entriesOf(lists ?? []).some((entry) => isEntry(entry, variableData))
}

function isEntry({ signatureData }: SignatureEntry, measured: Uint8Array): boolean {
  return equalBytes(signatureData, measured.subarray(16))
}

/** Nothing but the platform's own notes in PCR 7: the debug mode is refused by name. */
function actions(log: VerifiedEventLog): Occurrence[] {
  return log
    .eventsOf(secureBootPcr)
    .filter(({ eventType }) => eventType === EV.EFI_ACTION)
    .map(({ index, explanation: { data } }) => {
      const text = data.kind === 'action' ? data.text : ''
      const debug = text === ACTION.debugMode
      return {
        id: debug ? 'secure-boot.debug-mode' : 'secure-boot.action',
        summary: debug
          ? 'The firmware is in debug mode.'
          : 'The firmware notes an action in PCR 7.',
        pcr: secureBootPcr,
        events: [index],
        actual: text.slice(0, 128),
      }
    })
}

/** Certificates in db of keys too small to rely on, or signed with SHA-1. */
function weakKeys(log: VerifiedEventLog): Occurrence[] {
  const db = configuration(log, 'db')
  const lists = db === null ? null : databaseOf(db.variable.variableData)
  return entriesOf(lists ?? []).flatMap(({ signatureType, signatureData }) => {
    if (signatureType !== GUIDS.EFI_CERT_X509_GUID) return []
    const certificate = certificateOf(signatureData)
    const weak =
      certificate === null ||
      (certificate.publicKey.kind === 'rsa' && certificate.publicKey.bits < rsaBitsMin)
    if (!weak) return []
    const who = certificate?.subject ?? 'a certificate that cannot be read'
    return [
      {
        id: 'secure-boot.weak' as const,
        summary: `db trusts a weak key: ${who}.`,
        pcr: secureBootPcr,
        events: [db!.event.index],
      },
    ]
  })
}

/** A certificate; null when it cannot be read. */
export function certificateOf(der: Uint8Array): Certificate | null {
  try {
    return Certificate.decode(der)
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return null
    throw e
  }
}

export const secureBootChecks: readonly Check[] = [
  { number: 28, title: 'Secure Boot variables in order', run: variablesInOrder },
  { number: 29, title: 'SecureBoot is on or off', run: secureBootValue },
  { number: 30, title: 'keys are present', run: keysPresent },
  { number: 30, title: 'authorities are in db', run: authorities },
  { number: 31, title: 'no debug mode', run: actions },
  { number: 34, title: 'no weak keys', run: weakKeys },
]
