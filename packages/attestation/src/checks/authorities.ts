import { toLatin1 } from '@trusted-launch/codec'
import { digestHex } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import {
  GUIDS,
  type SignatureEntry,
  sameVariable,
  type UEFI_VARIABLE_DATA,
} from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { KnownDatabase } from '../known-database.ts'
import {
  databaseNamed,
  isCalled,
  type MeasuredVariable,
  nameOf,
  secureBootPcr,
  secureBootSaid,
  variablesOf,
} from '../measured-variables.ts'
import { printable } from '../printable.ts'
import { perLog, type VerifiedEventLog } from '../verify-event-log.ts'

const shimAuthorities = ['Shim', 'SbatLevel', 'MokListRT', 'MokListTrusted', 'MokList', 'vendor_db']
/** shim writes its builder's own db under the GUID of the firmware's. */
const vendorDb = { name: 'vendor_db', guid: GUIDS.EFI_IMAGE_SECURITY_DATABASE_GUID }
const ownerBytes = 16

const authoritiesOf = perLog((log) => variablesOf(log, EV.EFI_VARIABLE_AUTHORITY))

/** With Secure Boot on, something in db let the loader run. */
function authorityPresent(log: VerifiedEventLog): Occurrence[] {
  const present = authoritiesOf(log).some(({ variable }) => isDb(variable))
  if (secureBootSaid(log) !== true || present) return []
  const summary = 'Secure Boot is on, and no key in db let the loader run.'
  return [{ id: 'secure-boot.authority.missing', summary, pcr: secureBootPcr }]
}

/** Who let images run: entries of db that are in db, shim's own names under shim's GUID. */
function authoritiesKnown(log: VerifiedEventLog): Occurrence[] {
  const entries = entriesOfDb(log)
  return authoritiesOf(log)
    .filter((measured) =>
      isDb(measured.variable) ? entries.get(measured) === null : !isOfShim(measured.variable),
    )
    .map(({ event, variable }) => ({
      id: 'secure-boot.authority.foreign',
      summary: `What let an image run is not among the measured keys (${printable(variable.unicodeName.slice(0, 64))}).`,
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

/** Each is measured once, whatever it lets run. */
function authoritiesOnce(log: VerifiedEventLog): Occurrence[] {
  const seen = new Set<string>()
  return authoritiesOf(log)
    .filter(({ event }) => {
      const { size } = seen
      return seen.add(toLatin1(event.digest)).size === size
    })
    .map(({ event: { index } }) => ({
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
  return [...entriesOfDb(log)]
    .filter(([, entry]) => entry !== null && hashTypes.includes(entry.signatureType))
    .map(([{ event }]) => ({
      id: 'secure-boot.authority.hash',
      summary: 'db allowed an image by its hash: nobody signed it.',
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

function isDb(variable: UEFI_VARIABLE_DATA): boolean {
  return isCalled(variable, 'db')
}

/** Whether an authority is under one of shim's own names. */
export function isOfShim(variable: UEFI_VARIABLE_DATA): boolean {
  const { name, guid } = nameOf(variable)
  const own = guid === GUIDS.SHIM_LOCK_GUID && shimAuthorities.includes(name)
  return own || sameVariable({ name, guid }, vendorDb)
}

/** Of each authority that is told as one of db, which entry it is; null: none. */
const entriesOfDb = perLog((log): ReadonlyMap<MeasuredVariable, SignatureEntry | null> => {
  const database = databaseNamed(log, 'db')?.database ?? null
  const own = authoritiesOf(log).filter(({ variable }) => isDb(variable))
  return new Map(own.map((one) => [one, database === null ? null : entryOf(database, one)]))
})

/**
 * Which entry of the measured db an authority is; null: none. The firmware measures owner and data; shim before
 * 15.5 the data alone, sometimes but for its last byte.
 */
function entryOf(db: KnownDatabase, { event, variable }: MeasuredVariable): SignatureEntry | null {
  const { variableData } = variable
  const found = db.entryOf(digestHex('sha256', variableData.subarray(ownerBytes)))
  if (found !== null || event.explanation.quirk !== 'authority-extra-byte') return found
  const sha256 = digestHex('sha256', variableData)
  return db.entryOf(sha256) ?? db.shortEntryOf(sha256)
}

const all = (log: VerifiedEventLog) => authoritiesOf(log).map(({ event }) => event)
const ofDb = (log: VerifiedEventLog) => [...entriesOfDb(log).keys()].map(({ event }) => event)

export const authorityChecks: readonly Check[] = [
  {
    ...{ number: 30, title: 'an authority is present', run: authorityPresent },
    about: (log) => (secureBootSaid(log) === true ? ofDb(log) : []),
  },
  { number: 30, title: 'authorities are in db', run: authoritiesKnown, about: all },
  { number: 30, title: 'authorities come once', run: authoritiesOnce, about: all },
  { number: 34, title: 'images are signed', run: authoritiesAreKeys, about: ofDb },
]
