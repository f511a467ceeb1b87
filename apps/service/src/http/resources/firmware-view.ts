import { microsoftAuthority } from '@trusted-launch/attestation'
import { MalformedError } from '@trusted-launch/codec'
import { Certificate, CryptoError, digestHex } from '@trusted-launch/crypto'
import {
  entriesOf,
  GUIDS,
  parseSbat,
  type SignatureEntry,
  secureBootState,
  signatureDatabaseOf,
  VARIABLES,
  type VariableName,
  type VariableStore,
} from '@trusted-launch/uefi'
import { keysFor } from '../../catalogue/secure-boot-templates.ts'
import { SIGNATURE_TEMPLATES } from '../../domain/gallery/uefi-settings.ts'
import type { JsonObject } from '../../domain/store.ts'

/**
 * What a variable store says that decides what boots: a guest may have written of it what it likes, so what cannot be
 * read says why in its place.
 */
export function variablesView(store: VariableStore): JsonObject {
  const state = secureBootState(store)
  const { PK, KEK, db, dbx, MokList, MokListX } = VARIABLES
  const authorities = [KEK, db].flatMap((variable) => authoritiesIn(store, variable))
  return {
    secureBootEnforced: state.enforced,
    ...(!state.enforced && { secureBootOffReason: state.reason }),
    secureBootEnable: flagIn(store, VARIABLES.SecureBootEnable),
    customMode: flagIn(store, VARIABLES.CustomMode) === true,
    setupMode: store.get(PK) === null,
    microsoftAuthorities: authorities,
    signatureTemplates: templatesOf(authorities),
    signatures: {
      PK: databaseView(store, PK),
      KEK: databaseView(store, KEK),
      db: databaseView(store, db),
      dbx: databaseView(store, dbx),
    },
    machineOwnerKeys: {
      MokList: databaseView(store, MokList),
      MokListX: databaseView(store, MokListX),
    },
    sbatLevel: sbatLevelIn(store),
  }
}

/** Null: it is not there, or empty. */
function flagIn(store: VariableStore, variable: VariableName): boolean | null {
  const byte = store.get(variable)?.data[0]
  return byte === undefined ? null : byte !== 0
}

function authoritiesIn(store: VariableStore, variable: VariableName): string[] {
  const read = readable(() => entriesOf(signatureDatabaseOf(store, variable)))
  return 'unreadable' in read ? [] : read.value.flatMap((entry) => authorityOf(entry) ?? [])
}

const authorityOf = ({ signatureData }: SignatureEntry) =>
  microsoftAuthority(digestHex('sha256', signatureData))

/** The templates of which something is in db, and whose authorities that are: of 2011, of 2023, or both. */
function templatesOf(authorities: readonly string[]): JsonObject[] {
  return Object.entries(SIGNATURE_TEMPLATES).flatMap(([name, osType]) => {
    const offered = osType === null ? [] : keysFor(osType).db.flatMap(({ value }) => value)
    const names = offered.map((der) => microsoftAuthority(digestHex('sha256', der)))
    const has = authorities.filter((one) => names.includes(one))
    return has.length === 0 ? [] : [{ name, authorities: has }]
  })
}

function databaseView(store: VariableStore, variable: VariableName): JsonObject {
  const read = readable(() => entriesOf(signatureDatabaseOf(store, variable)))
  if ('unreadable' in read) return read
  const of = (...types: readonly string[]) =>
    read.value.filter(({ signatureType }) => types.includes(signatureType))
  const certificates = of(GUIDS.EFI_CERT_X509_GUID)
  const hashes = of(GUIDS.EFI_CERT_SHA256_GUID)
  return {
    certificates: certificates.map(certificateView),
    sha256Count: hashes.length,
    otherCount: read.value.length - certificates.length - hashes.length,
  }
}

function certificateView(entry: SignatureEntry): JsonObject {
  const { signatureOwner, signatureData } = entry
  const read = readable(() => Certificate.decode(signatureData))
  const isReadable = !('unreadable' in read)
  return {
    sha256: digestHex('sha256', signatureData),
    signatureOwner,
    microsoftAuthority: authorityOf(entry),
    ...(isReadable ? namesOf(read.value) : read),
  }
}

function namesOf({ subject, issuer, notBefore, notAfter }: Certificate): JsonObject {
  const from = new Date(notBefore).toISOString()
  return { subject, issuer, notBefore: from, notAfter: new Date(notAfter).toISOString() }
}

/** What shim was told to revoke by generations; null: nothing yet. */
function sbatLevelIn(store: VariableStore): JsonObject | null {
  const found = store.get(VARIABLES.SbatLevel)
  if (found === null) return null
  const read = readable(() => parseSbat(found.data))
  if ('unreadable' in read) return read
  const date = read.value.find(({ component }) => component === 'sbat')?.notes[0] ?? null
  const components = read.value.map(({ component, generation }) => ({ component, generation }))
  return { date, components }
}

function readable<T>(read: () => T): { readonly value: T } | { readonly unreadable: string } {
  try {
    return { value: read() }
  } catch (error) {
    if (!(error instanceof MalformedError || error instanceof CryptoError)) throw error
    return { unreadable: error.message }
  }
}
