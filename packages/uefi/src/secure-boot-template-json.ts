import { fromBase64url, toBase64url } from '@trusted-launch/crypto'
import { UefiError } from './errors.ts'
import { GUIDS } from './guid.ts'
import type { SecureBootTemplate, TemplateSignature } from './secure-boot-template.ts'

const signaturesMax = 4096
const sha256Bytes = 32

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

/** The certificates (DER) of a PEM text, in order. @throws {UefiError} TEMPLATE_INVALID: none in it. */
export function certificatesOfPem(pem: string): Uint8Array[] {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)]
  if (found.length === 0) throw invalid('PEM', 'no certificate')
  return found.map(([, body]) => fromBase64('PEM', body!.replace(/\s+/g, '')))
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
    return fromBase64url(
      text
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replace(/={1,2}$/, ''),
    )
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
