import { concat, encode, fromBase64url, toBase64url } from '@trusted-launch/codec'
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
import { EFI_VARIABLE, VARIABLES } from './variable.ts'
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

const signaturesMax = 4096
const sha256Bytes = 32
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

/**
 * A template out of its JSON, in the schema of Azure's `uefiSettings` (a disk resource, its
 * `properties`, or the signatures alone): `PK` one signature, `KEK`, `db`, `dbx` lists, each
 * `{ type: "x509" | "sha256", value: [base64…] }`. Ours besides: `signatureOwner`, a GUID.
 * @throws {UefiError} TEMPLATE_INVALID, naming the place.
 */
export function parseSecureBootTemplate(json: unknown): SecureBootTemplate {
  const signatures = signaturesOf(json)
  const PK = signatureOf('PK', signatures.PK)
  if (PK.type !== 'x509' || PK.value.length !== 1) throw invalid('PK', 'not one certificate')
  const list = (name: string) => listOf(name, signatures[name])
  const KEK = list('KEK')
  if (KEK.some(({ type }) => type !== 'x509')) throw invalid('KEK', 'a digest is no key')
  return { PK, KEK, db: list('db'), dbx: list('dbx') }
}

/** The JSON of a template: parsing it gives the template back. */
export function formatSecureBootTemplate(template: SecureBootTemplate): object {
  const format = ({ type, value, signatureOwner }: TemplateSignature) => ({
    type,
    ...(signatureOwner === GUIDS.MICROSOFT_SIGNATURE_OWNER ? {} : { signatureOwner }),
    value: value.map(toBase64),
  })
  const { PK, KEK, db, dbx } = template
  const lists = { KEK: KEK.map(format), db: db.map(format), dbx: dbx.map(format) }
  const signatures = { PK: format(PK), ...lists }
  const uefiSettings = { signatureMode: 'Replace', signatures }
  return { type: 'Microsoft.Compute/disks', properties: { uefiSettings } }
}

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

/** The certificates (DER) of a PEM text, in order. @throws {UefiError} TEMPLATE_INVALID: none in it. */
export function certificatesOfPem(pem: string): Uint8Array[] {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)]
  if (found.length === 0) throw invalid('PEM', 'no certificate')
  return found.map(([, body]) => fromBase64('PEM', body!.replace(/\s+/g, '')))
}

function signed(variable: { name: string; guid: string }, database: SignatureDatabase): Variable {
  const data = concat(encode(SignatureDatabase, database))
  return { ...variable, attributes: authenticated, timeStamp: enrolledAt, data }
}

function typeOf(guid: string): TemplateSignature['type'] {
  if (guid === GUIDS.EFI_CERT_X509_GUID) return 'x509'
  if (guid === GUIDS.EFI_CERT_SHA256_GUID) return 'sha256'
  throw invalid('database', `entries of type ${guid} have no place in a template`)
}

function signaturesOf(json: unknown): Record<string, unknown> {
  let at = objectOf('template', json)
  for (const name of ['properties', 'uefiSettings', 'signatures'])
    if (at[name] !== undefined) at = objectOf(name, at[name])
  return at
}

function listOf(name: string, json: unknown): TemplateSignature[] {
  if (json === undefined) return []
  if (!Array.isArray(json) || json.length > signaturesMax) throw invalid(name, 'not a list')
  return json.map((each, i) => signatureOf(`${name}[${i}]`, each))
}

function signatureOf(place: string, json: unknown): TemplateSignature {
  const { type, value, signatureOwner } = objectOf(place, json)
  if (type !== 'x509' && type !== 'sha256') throw invalid(place, 'type is neither x509 nor sha256')
  if (!Array.isArray(value) || value.length === 0 || value.length > signaturesMax)
    throw invalid(place, 'value is not a list of base64')
  const bytes = value.map((each) => fromBase64(place, each))
  if (type === 'sha256' && bytes.some(({ length }) => length !== sha256Bytes))
    throw invalid(place, 'a digest that is not 32 bytes')
  return { type, value: bytes, signatureOwner: ownerOf(place, signatureOwner) }
}

function ownerOf(place: string, owner: unknown): string {
  if (owner === undefined) return GUIDS.MICROSOFT_SIGNATURE_OWNER
  if (typeof owner !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(owner))
    throw invalid(place, 'signatureOwner is no GUID')
  return owner
}

function objectOf(place: string, json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(place, 'not an object')
  return json as Record<string, unknown>
}

function fromBase64(place: string, text: unknown): Uint8Array {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0)
    throw invalid(place, 'not base64')
  try {
    return fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
  } catch (e) {
    throw invalid(place, 'not base64', { cause: e })
  }
}

function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

function invalid(place: string, reason: string, options?: ErrorOptions): UefiError {
  return new UefiError('TEMPLATE_INVALID', place, reason, options)
}
