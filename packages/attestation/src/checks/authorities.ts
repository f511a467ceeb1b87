import { toLatin1 } from '@trusted-launch/codec'
import { digestText } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import {
  GUIDS,
  type SignatureEntry,
  sameVariable,
  type UEFI_VARIABLE_DATA,
} from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import {
  databaseNamed,
  isCalled,
  type MeasuredVariable,
  nameOf,
  secureBootPcr,
  secureBootSaid,
  variablesOf,
} from '../measured-variables.ts'
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
  const entryOf = entriesByData(log)
  return authoritiesOf(log)
    .filter((measured) =>
      isDb(measured.variable) ? entryOf(measured) === null : !isOfShim(measured.variable),
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
  const entryOf = entriesByData(log)
  return authoritiesOf(log)
    .filter((measured) => {
      const entry = isDb(measured.variable) ? entryOf(measured) : null
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
  return isCalled(variable, 'db')
}

function isOfShim(variable: UEFI_VARIABLE_DATA): boolean {
  const { name, guid } = nameOf(variable)
  const own = guid === GUIDS.SHIM_LOCK_GUID && shimAuthorities.includes(name)
  return own || sameVariable({ name, guid }, vendorDb)
}

type Find = (measured: MeasuredVariable) => SignatureEntry | null

/**
 * Which entry of the measured db an authority is; null: none. The firmware measures owner and data; shim before
 * 15.5 the data alone, sometimes but for its last byte.
 */
const entriesByData = perLog((log): Find => {
  const entries = databaseNamed(log, 'db')?.entries ?? []
  const whole = byHash(entries, ({ signatureData }) => signatureData)
  let short: ReadonlyMap<string, SignatureEntry> | undefined
  return ({ event, variable: { variableData } }) => {
    const found = whole.get(digestText('sha256', variableData.subarray(ownerBytes)))
    if (found !== undefined) return found
    if (event.explanation.quirk !== 'authority-extra-byte') return null
    short ??= byHash(entries, ({ signatureData }) => signatureData.subarray(0, -1))
    const hash = digestText('sha256', variableData)
    return whole.get(hash) ?? short.get(hash) ?? null
  }
})

/** Entries by the hash of this part of them; the first of two. */
function byHash(
  entries: readonly SignatureEntry[],
  part: (entry: SignatureEntry) => Uint8Array,
): ReadonlyMap<string, SignatureEntry> {
  const hashed = entries.map((entry) => [digestText('sha256', part(entry)), entry] as const)
  return new Map(hashed.reverse())
}

export const authorityChecks: readonly Check[] = [
  { number: 30, title: 'an authority is present', run: authorityPresent },
  { number: 30, title: 'authorities are in db', run: authoritiesKnown },
  { number: 30, title: 'authorities come once', run: authoritiesOnce },
  { number: 34, title: 'images are signed', run: authoritiesAreKeys },
]
