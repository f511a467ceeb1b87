import type { Certificate } from '@trusted-launch/crypto'
import { GUIDS, type SignatureEntry } from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import {
  databasesOf,
  type MeasuredDatabase,
  secureBootPcr,
  secureBootSaid,
} from '../measured-variables.ts'
import { perLog, type VerifiedEvent, type VerifiedEventLog } from '../verify-event-log.ts'

type Name = MeasuredDatabase['name']
const rsaBitsMin = 2048

function listsRead(log: VerifiedEventLog): Occurrence[] {
  return databasesOf(log)
    .filter(({ database }) => database.entries === null)
    .map(({ name, event }) => ({
      id: 'secure-boot.lists',
      summary: `${name} cannot be read.`,
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

/** With Secure Boot on: one certificate in PK, KEK and db not empty. */
function keysPresent(log: VerifiedEventLog): Occurrence[] {
  if (secureBootSaid(log) !== true) return []
  return databasesOf(log).flatMap(({ name, event, database: { entries } }): Occurrence[] => {
    if (entries === null || isEnough(name, entries)) return []
    return [
      {
        id: 'secure-boot.keys',
        summary: `Secure Boot is on, and ${name} has ${entries.length} entries${name === 'PK' ? ' where one certificate must be' : ''}.`,
        pcr: secureBootPcr,
        events: [event.index],
      },
    ]
  })
}

function isEnough(name: Name, entries: readonly SignatureEntry[]): boolean {
  const [first] = entries
  if (name === 'PK')
    return first?.signatureType === GUIDS.EFI_CERT_X509_GUID && entries.length === 1
  return (name !== 'KEK' && name !== 'db') || first !== undefined
}

/** Who may allow images, or say who may. */
const trusting: readonly Name[] = ['PK', 'KEK', 'db', 'dbt']

const certificatesOf = perLog((log) =>
  databasesOf(log)
    .filter(({ name }) => trusting.includes(name))
    .flatMap(({ name, event, database }) =>
      (database.entries ?? [])
        .filter(({ isCertificate }) => isCertificate)
        .map(({ certificate }) => ({ name, event, certificate })),
    ),
)

function certificatesRead(log: VerifiedEventLog): Occurrence[] {
  return certificatesOf(log)
    .filter(({ certificate }) => certificate === null)
    .map(({ name, event }) => ({
      id: 'secure-boot.certificate',
      summary: `${name} has a certificate that cannot be read.`,
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

/** Keys too small to rely on, or certificates signed with SHA-1. */
function noneWeak(log: VerifiedEventLog): Occurrence[] {
  return certificatesOf(log)
    .filter(({ certificate }) => certificate !== null && isWeak(certificate))
    .map(({ name, event, certificate }) => ({
      id: 'secure-boot.weak',
      summary: `${name} trusts a weak key: ${certificate!.subject}.`,
      pcr: secureBootPcr,
      events: [event.index],
      actual: certificate!.subject,
    }))
}

function isWeak({ publicKey, signatureScheme }: Certificate): boolean {
  const small = publicKey.kind === 'rsa' && publicKey.bits < rsaBitsMin
  return small || signatureScheme?.hash === 'sha1'
}

const eventsOf = (found: readonly { event: VerifiedEvent }[]) => found.map(({ event }) => event)
const lists = (log: VerifiedEventLog) => eventsOf(databasesOf(log))
const certificates = (log: VerifiedEventLog) => eventsOf(certificatesOf(log))

export const signatureChecks: readonly Check[] = [
  {
    ...{ number: 30, title: 'keys are present', run: keysPresent },
    about: (log) => (secureBootSaid(log) === true ? lists(log) : []),
  },
  { number: 32, title: 'signature lists are read', run: listsRead, about: lists },
  { number: 32, title: 'certificates are read', run: certificatesRead, about: certificates },
  { number: 34, title: 'no weak keys', run: noneWeak, about: certificates },
]
