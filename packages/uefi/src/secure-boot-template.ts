import { concat, encode, toHex } from '@trusted-launch/codec'
import { type EFI_TIME, EFI_TIME_ZERO } from './efi-time.ts'
import { UefiError } from './errors.ts'
import { GUIDS } from './guid.ts'
import {
  certificateList,
  decodeSignatureDatabase,
  entriesOf,
  SignatureDatabase,
  sha256List,
} from './signature-list.ts'
import { EFI_VARIABLE, VARIABLES, type VariableName } from './variable.ts'
import { plainVariable, type Variable, VariableStore } from './variable-store.ts'

/** Certificates (DER) or SHA-256 digests that one owner puts into a database. */
export interface TemplateSignature {
  readonly type: 'x509' | 'sha256'
  readonly value: readonly Uint8Array[]
  /** The GUID written beside each entry; Microsoft's when the template names none. */
  readonly signatureOwner: string
}

/** What a VM's Secure Boot trusts at its first start: the values of PK, KEK, db and dbx. */
export interface SecureBootTemplate {
  readonly PK: TemplateSignature
  readonly KEK: readonly TemplateSignature[]
  readonly db: readonly TemplateSignature[]
  readonly dbx: readonly TemplateSignature[]
}

/** The moment put on PK, KEK, db and dbx: the one Microsoft signs its own updates with. */
const enrolledAt: EFI_TIME = Object.freeze({
  ...EFI_TIME_ZERO,
  year: 2010,
  month: 3,
  day: 6,
  hour: 19,
  minute: 17,
  second: 21,
})
const plain = EFI_VARIABLE.NON_VOLATILE | EFI_VARIABLE.BOOTSERVICE_ACCESS
const authenticated =
  plain | EFI_VARIABLE.RUNTIME_ACCESS | EFI_VARIABLE.TIME_BASED_AUTHENTICATED_WRITE_ACCESS

/** A template of keys of one's own: certificates in DER. `owner` is the GUID to write beside them. */
export function templateOfCertificates(
  owner: string,
  certificates: { PK: Uint8Array; KEK: readonly Uint8Array[]; db: readonly Uint8Array[] },
): SecureBootTemplate {
  const signature = (value: readonly Uint8Array[]): TemplateSignature => ({
    type: 'x509',
    value,
    signatureOwner: owner,
  })
  const { PK, KEK, db } = certificates
  return { PK: signature([PK]), KEK: [signature(KEK)], db: [signature(db)], dbx: [] }
}

/** The template with more entries at the end of its lists; its PK stays. Azure's mode "Append". */
export function appendSignatures(
  template: SecureBootTemplate,
  more: Partial<Pick<SecureBootTemplate, 'KEK' | 'db' | 'dbx'>>,
): SecureBootTemplate {
  const { PK, KEK, db, dbx } = template
  return {
    PK,
    KEK: [...KEK, ...(more.KEK ?? [])],
    db: [...db, ...(more.db ?? [])],
    dbx: [...dbx, ...(more.dbx ?? [])],
  }
}

/** The most bytes that OVMF keeps of one database: its PcdMaxAuthVariableSize, less what else a record holds. */
export const SIGNATURE_DATABASE_BYTES_MAX = 0x8400 - 0x100

/** Signatures of several lists as one: in their order, each entry of an owner once. */
export function mergeSignatures(signatures: readonly TemplateSignature[]): TemplateSignature[] {
  const seen = new Set<string>()
  const isNew = ({ type, signatureOwner }: TemplateSignature, bytes: Uint8Array) => {
    const before = seen.size
    return seen.add(`${type} ${signatureOwner} ${toHex(bytes)}`).size > before
  }
  return signatures.flatMap((one) => {
    const value = one.value.filter((bytes) => isNew(one, bytes))
    return value.length === 0 ? [] : [{ ...one, value }]
  })
}

/**
 * The variable store of a new VM. With a template, PK, KEK, db, dbx and SecureBootEnable are set,
 * on or off; without one the VM is in setup mode and nothing is enforced.
 * Check the written file with `secureBootState(decodeVariableStore(file))`: this promises nothing.
 */
export function variablesOfTemplate(
  template: SecureBootTemplate | null,
  secureBoot: boolean,
): VariableStore {
  if (template === null) return new VariableStore()
  const databases: Variable[] = [
    signed(VARIABLES.PK, databaseOf([template.PK])),
    signed(VARIABLES.KEK, databaseOf(template.KEK)),
    signed(VARIABLES.db, databaseOf(template.db)),
    signed(VARIABLES.dbx, databaseOf(template.dbx)),
  ].filter(({ data }) => data.length > 0)
  return withSecureBoot(new VariableStore(databases), secureBoot)
}

/** The store with Secure Boot switched on or off, all keys kept. What a person does in the setup. */
export function withSecureBoot(store: VariableStore, secureBoot: boolean): VariableStore {
  const value = Uint8Array.of(secureBoot ? 1 : 0)
  return store.with(plainVariable(VARIABLES.SecureBootEnable, value, plain))
}

/** The lists that a template's signatures make, in the template's order. */
export function databaseOf(signatures: readonly TemplateSignature[]): SignatureDatabase {
  return signatures.flatMap(({ type, value, signatureOwner }) =>
    type === 'sha256'
      ? [sha256List(signatureOwner, value)]
      : value.map((der) => certificateList(signatureOwner, der)),
  )
}

/** The signatures that make a database of certificates and SHA-256 digests (a dbx file's). */
export function signaturesOfDatabase(database: Uint8Array): TemplateSignature[] {
  const entries = entriesOf(decodeSignatureDatabase(database))
  const groups = new Map<string, TemplateSignature & { value: Uint8Array[] }>()
  for (const { signatureType, signatureOwner, signatureData } of entries) {
    const type = typeOf(signatureType)
    const key = `${type} ${signatureOwner}`
    const group = groups.get(key) ?? { type, value: [], signatureOwner }
    group.value.push(signatureData)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function signed(variable: VariableName, database: SignatureDatabase): Variable {
  return authenticatedVariable(variable, concat(encode(SignatureDatabase, database)))
}

/** A variable that only its owner may write from within, as Microsoft's own updates date it. */
export function authenticatedVariable(variable: VariableName, data: Uint8Array): Variable {
  return { ...variable, attributes: authenticated, timeStamp: enrolledAt, data }
}

function typeOf(guid: string): TemplateSignature['type'] {
  if (guid === GUIDS.EFI_CERT_X509_GUID) return 'x509'
  if (guid === GUIDS.EFI_CERT_SHA256_GUID) return 'sha256'
  throw new UefiError('TEMPLATE_INVALID', 'database', `entries of type ${guid} have no place in it`)
}
