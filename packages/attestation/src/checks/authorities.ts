import { equalBytes } from '@trusted-launch/codec'
import { EV } from '@trusted-launch/eventlog'
import {
  entriesOf,
  GUIDS,
  type SignatureEntry,
  sameVariable,
  type UEFI_VARIABLE_DATA,
  VARIABLES,
} from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import {
  configuration,
  databaseOf,
  type MeasuredVariable,
  nameOf,
  secureBootPcr,
  secureBootSaid,
  variablesOf,
} from '../measured-variables.ts'
import type { VerifiedEventLog } from '../verify-event-log.ts'

const shimAuthorities = ['Shim', 'SbatLevel', 'MokListRT', 'MokListTrusted', 'MokList', 'vendor_db']
/** shim writes its builder's own db under the GUID of the firmware's. */
const vendorDb = { name: 'vendor_db', guid: GUIDS.EFI_IMAGE_SECURITY_DATABASE_GUID }
const ownerBytes = 16

function authoritiesOf(log: VerifiedEventLog) {
  return variablesOf(log, EV.EFI_VARIABLE_AUTHORITY)
}

/** With Secure Boot on, something in db let the loader run. */
function authorityPresent(log: VerifiedEventLog): Occurrence[] {
  const present = authoritiesOf(log).some(({ variable }) => isDb(variable))
  if (secureBootSaid(log) !== true || present) return []
  const summary = 'Secure Boot is on, and no key in db let the loader run.'
  return [{ id: 'secure-boot.authority.missing', summary, pcr: secureBootPcr }]
}

/** Who let images run: entries of db that are in db, shim's own names under shim's GUID. */
function authoritiesKnown(log: VerifiedEventLog): Occurrence[] {
  return authoritiesOf(log)
    .filter((measured) =>
      isDb(measured.variable) ? entryOf(log, measured) === null : !isOfShim(measured.variable),
    )
    .map(({ event, variable }) => ({
      id: 'secure-boot.authority.foreign',
      summary: `What let an image run is not among the measured keys (${variable.unicodeName.slice(0, 64)}).`,
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

/** Each is measured once, whatever it lets run. */
function authoritiesOnce(log: VerifiedEventLog): Occurrence[] {
  const seen = authoritiesOf(log).map(({ event }) => event)
  return seen
    .filter(({ digest }, i) => seen.slice(0, i).some((before) => equalBytes(before.digest, digest)))
    .map(({ index }) => ({
      id: 'secure-boot.authority.repeated',
      summary: 'The same authority is measured twice.',
      pcr: secureBootPcr,
      events: [index],
      tolerance: 'authority-repeated',
    }))
}

const hashTypes: readonly string[] = [
  GUIDS.EFI_CERT_SHA1_GUID,
  GUIDS.EFI_CERT_SHA256_GUID,
  GUIDS.EFI_CERT_SHA384_GUID,
  GUIDS.EFI_CERT_SHA512_GUID,
]

/** An image allowed by its hash: nobody signed it. */
function authoritiesAreKeys(log: VerifiedEventLog): Occurrence[] {
  return authoritiesOf(log)
    .filter((measured) => {
      const entry = isDb(measured.variable) ? entryOf(log, measured) : null
      return entry !== null && hashTypes.includes(entry.signatureType)
    })
    .map(({ event }) => ({
      id: 'secure-boot.authority.hash',
      summary: 'db allowed an image by its hash: nobody signed it.',
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

function isDb(variable: UEFI_VARIABLE_DATA): boolean {
  return sameVariable(nameOf(variable), VARIABLES.db)
}

function isOfShim(variable: UEFI_VARIABLE_DATA): boolean {
  const { name, guid } = nameOf(variable)
  const own = guid === GUIDS.SHIM_LOCK_GUID && shimAuthorities.includes(name)
  return own || sameVariable({ name, guid }, vendorDb)
}

/** The entry of the measured db that it is. */
function entryOf(log: VerifiedEventLog, measured: MeasuredVariable): SignatureEntry | null {
  const db = configuration(log, 'db')
  const lists = db === null ? null : databaseOf(db.variable.variableData)
  return entriesOf(lists ?? []).find(({ signatureData }) => isOf(signatureData, measured)) ?? null
}

/** The firmware measures owner and data; shim before 15.5 the data alone, sometimes but for its last byte. */
function isOf(signatureData: Uint8Array, { event, variable }: MeasuredVariable): boolean {
  const { variableData } = variable
  if (equalBytes(signatureData, variableData.subarray(ownerBytes))) return true
  if (event.explanation.quirk !== 'authority-extra-byte') return false
  const lacking = signatureData.length - variableData.length
  const begin = signatureData.subarray(0, variableData.length)
  return (lacking === 0 || lacking === 1) && equalBytes(begin, variableData)
}

export const authorityChecks: readonly Check[] = [
  { number: 30, title: 'an authority is present', run: authorityPresent },
  { number: 30, title: 'authorities are in db', run: authoritiesKnown },
  { number: 30, title: 'authorities come once', run: authoritiesOnce },
  { number: 34, title: 'images are signed', run: authoritiesAreKeys },
]
