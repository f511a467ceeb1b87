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
  certificateOf,
  configuration,
  databaseOf,
  nameOf,
  secureBootOf,
  secureBootPcr,
  variablesOf,
} from '../measured-variables.ts'
import type { VerifiedEventLog } from '../verify-event-log.ts'

const shimAuthorities = ['Shim', 'SbatLevel', 'MokListRT', 'MokListTrusted', 'MokList', 'vendor_db']
const rsaBitsMin = 2048

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

export const authorityChecks: readonly Check[] = [
  { number: 30, title: 'authorities are in db', run: authorities },
  { number: 34, title: 'no weak keys', run: weakKeys },
]
