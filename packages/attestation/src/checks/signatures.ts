import type { Certificate } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import {
  entriesOf,
  GUIDS,
  type SignatureDatabase,
  sameVariable,
  VARIABLES,
} from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import {
  certificateOf,
  databaseOf,
  nameOf,
  secureBootPcr,
  secureBootSaid,
  variablesOf,
} from '../measured-variables.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'

const databases = ['PK', 'KEK', 'db', 'dbx', 'dbt', 'dbr'] as const
type Name = (typeof databases)[number]
const rsaBitsMin = 2048

/** A measured database; its lists are null where they cannot be read. */
interface Measured {
  readonly name: Name
  readonly event: VerifiedEvent
  readonly lists: SignatureDatabase | null
}

function databasesOf(log: VerifiedEventLog): Measured[] {
  return variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG).flatMap(({ event, variable }) => {
    const name = databases.find((each) => sameVariable(nameOf(variable), VARIABLES[each]))
    return name === undefined ? [] : [{ name, event, lists: databaseOf(variable.variableData) }]
  })
}

function listsRead(log: VerifiedEventLog): Occurrence[] {
  return databasesOf(log)
    .filter(({ lists }) => lists === null)
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
  return databasesOf(log).flatMap(({ name, event, lists }): Occurrence[] => {
    if (lists === null || isEnough(name, lists)) return []
    return [
      {
        id: 'secure-boot.keys',
        summary: `Secure Boot is on, and ${name} has ${entriesOf(lists).length} entries${name === 'PK' ? ' where one certificate must be' : ''}.`,
        pcr: secureBootPcr,
        events: [event.index],
      },
    ]
  })
}

function isEnough(name: Name, lists: SignatureDatabase): boolean {
  const [first, ...more] = entriesOf(lists)
  if (name === 'PK') return first?.signatureType === GUIDS.EFI_CERT_X509_GUID && more.length === 0
  return (name !== 'KEK' && name !== 'db') || first !== undefined
}

/** Who may allow images, or say who may. */
const trusting: readonly Name[] = ['PK', 'KEK', 'db', 'dbt']

function certificatesOf(log: VerifiedEventLog) {
  return databasesOf(log)
    .filter(({ name }) => trusting.includes(name))
    .flatMap(({ lists, ...at }) =>
      entriesOf(lists ?? [])
        .filter(({ signatureType }) => signatureType === GUIDS.EFI_CERT_X509_GUID)
        .map(({ signatureData }) => ({ ...at, certificate: certificateOf(signatureData) })),
    )
}

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
    }))
}

function isWeak({ publicKey, signatureScheme }: Certificate): boolean {
  const small = publicKey.kind === 'rsa' && publicKey.bits < rsaBitsMin
  return small || signatureScheme?.hash === 'sha1'
}

export const signatureChecks: readonly Check[] = [
  { number: 30, title: 'keys are present', run: keysPresent },
  { number: 32, title: 'signature lists are read', run: listsRead },
  { number: 32, title: 'certificates are read', run: certificatesRead },
  { number: 34, title: 'no weak keys', run: noneWeak },
]
