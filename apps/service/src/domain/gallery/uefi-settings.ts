import { ArmError, type Fault, faults } from '@trusted-launch/api'
import { encode, fromHex, MalformedError } from '@trusted-launch/codec'
import { Certificate, CryptoError } from '@trusted-launch/crypto'
import {
  databaseOf,
  GUIDS,
  mergeSignatures,
  type SecureBootTemplate,
  SIGNATURE_DATABASE_BYTES_MAX,
  SignatureDatabase,
  type TemplateSignature,
} from '@trusted-launch/uefi'
import { keysFor } from '../../catalogue/secure-boot-templates.ts'
import { listIn } from '../links.ts'
import type { Json, JsonObject } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import type { DefinitionFacts } from './definition.ts'

const SETTINGS = ['securityProfile', 'uefiSettings'] as const
const PATH = `galleryArtifactVersion.properties.${SETTINGS.join('.')}`

/** Azure's names of templates, and the system whose machines begin with each; null: no keys at all. */
export const SIGNATURE_TEMPLATES: Readonly<Record<string, 'Linux' | 'Windows' | null>> = {
  NoSignatureTemplate: null,
  MicrosoftUefiCertificateAuthorityTemplate: 'Linux',
  MicrosoftWindowsTemplate: 'Windows',
}

/** The values that definitions of versions with keys may have, as on Azure. */
const KEYED = ['TrustedLaunchSupported', 'TrustedLaunchAndConfidentialVmSupported']

type Keys = Partial<SecureBootTemplate>

/** Whether a version says which keys its machines begin with. */
export function saysKeys(properties: JsonObject): boolean {
  const settings = at(properties, ...SETTINGS)
  const names = listIn(at(settings, 'signatureTemplateNames'))
  return names.length > 0 || (at(settings, 'additionalSignatures') ?? null) !== null
}

/** @throws {ArmError} keys that are none, too few or too many, or for images that take none. */
export function requireKeys(properties: JsonObject, facts: DefinitionFacts): void {
  if (!saysKeys(properties)) return
  if (!KEYED.includes(facts.securityType ?? ''))
    throw new ArmError(
      invalid(
        PATH,
        `uefiSettings need a gallery image whose feature 'SecurityType' is '${KEYED.join("' or '")}'.`,
      ),
    )
  requireEach(keysOfVersion(properties, facts.osType))
}

/** @throws {ArmError} a list is empty that no verdict affirms a boot without. */
function requireEach(keys: SecureBootTemplate): void {
  for (const name of ['KEK', 'db'] as const) {
    if (keys[name].length > 0) continue
    const member = name.toLowerCase()
    const message = `With these, ${name} is empty, and no boot of its machines is ever affirming: give a key as '${member}', or name a template that has one.`
    throw new ArmError(invalid(placeOf(member), message))
  }
}

/**
 * The keys that the firmware of a version's machines begins with: those of the templates that it names (of none: its
 * system's own), and its additional ones after them; its PK in place of theirs.
 * @throws {ArmError} as `requireKeys` does.
 */
export function keysOfVersion(
  properties: JsonObject,
  osType: DefinitionFacts['osType'],
): SecureBootTemplate {
  const settings = at(properties, ...SETTINGS)
  const templates = templatesIn(settings, osType)
  const more = additionalIn(at(settings, 'additionalSignatures'))
  const all = [...templates, more]
  const PK = more.PK ?? templates[0]?.PK
  if (PK === undefined)
    throw new ArmError(
      invalid(
        `${PATH}.additionalSignatures.pk`,
        "Secure Boot needs a platform key: give one as 'pk', or name a template that has one.",
      ),
    )
  const merged = (list: 'KEK' | 'db' | 'dbx') =>
    mergeSignatures(all.flatMap((one) => one[list] ?? []))
  const keys = { PK, KEK: merged('KEK'), db: merged('db'), dbx: merged('dbx') }
  requireRoom(keys)
  return keys
}

function templatesIn(settings: Json | undefined, osType: DefinitionFacts['osType']) {
  const target = `${PATH}.signatureTemplateNames`
  const names = listIn(at(settings, 'signatureTemplateNames')).map((name) => {
    const given = String(name).toLowerCase()
    const found = Object.keys(SIGNATURE_TEMPLATES).find((one) => one.toLowerCase() === given)
    if (found === undefined) throw new ArmError(faults.invalidParameter(target))
    return found
  })
  if (names.length === 0) return [keysFor(osType)]
  if (
    new Set(names).size < names.length ||
    (names.length > 1 && names.includes('NoSignatureTemplate'))
  )
    throw new ArmError(
      invalid(target, "Each template is named once, and 'NoSignatureTemplate' alone."),
    )
  return names.flatMap((name) => {
    const system = SIGNATURE_TEMPLATES[name]!
    return system === null ? [] : [keysFor(system)]
  })
}

function additionalIn(given: Json | undefined): Keys {
  const list = (member: 'kek' | 'db' | 'dbx') =>
    listIn(at(given, member)).map((one, i) => signatureOf(one, `${member}[${i}]`, member !== 'kek'))
  const pk = at(given, 'pk') ?? null
  const PK = pk === null ? null : signatureOf(pk, 'pk', false)
  if (PK !== null && PK.value.length !== 1)
    throw new ArmError(invalid(placeOf('pk'), 'There is one platform key.'))
  return { ...(PK !== null && { PK }), KEK: list('kek'), db: list('db'), dbx: list('dbx') }
}

const placeOf = (place: string) => `${PATH}.additionalSignatures.${place}`

/** @param takesDigests a digest is no key, and names what may be started or not. */
function signatureOf(given: Json, place: string, takesDigests: boolean): TemplateSignature {
  const type = textAt(given, 'type')?.toLowerCase()
  const values = listIn(at(given, 'value'))
  const target = placeOf(place)
  if (type !== 'x509' && !(type === 'sha256' && takesDigests))
    throw new ArmError(faults.invalidParameter(`${target}.type`))
  if (values.length === 0) throw new ArmError(faults.missingParameter(`${target}.value`))
  const bytes = type === 'x509' ? certificateIn : digestIn
  const value = values.map((one) => bytes(String(one), `${target}.value`))
  return { type, value, signatureOwner: GUIDS.MICROSOFT_SIGNATURE_OWNER }
}

const CERTIFICATE = /^[A-Za-z0-9+/]{4,16384}={0,2}$/

function certificateIn(text: string, target: string): Uint8Array {
  const der = CERTIFICATE.test(text) ? Uint8Array.from(Buffer.from(text, 'base64')) : null
  try {
    if (der !== null) {
      Certificate.decode(der)
      return der
    }
  } catch (error) {
    if (!(error instanceof MalformedError) && !(error instanceof CryptoError)) throw error
  }
  throw new ArmError(invalid(target, 'This is no X.509 certificate in DER, in base64.'))
}

const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[A-Za-z0-9+/]{43}=$/

function digestIn(text: string, target: string): Uint8Array {
  if (HEX.test(text)) return fromHex(text.toLowerCase())
  if (BASE64.test(text)) return Uint8Array.from(Buffer.from(text, 'base64'))
  throw new ArmError(invalid(target, 'This is no SHA-256 digest, in base64 or hexadecimal.'))
}

/** @throws {ArmError} a database is larger than the firmware keeps. */
function requireRoom({ PK, KEK, db, dbx }: SecureBootTemplate): void {
  for (const [name, list] of Object.entries({ pk: [PK], kek: KEK, db, dbx })) {
    const { length } = encode(SignatureDatabase, databaseOf(list))
    if (length > SIGNATURE_DATABASE_BYTES_MAX)
      throw new ArmError(
        invalid(
          placeOf(name),
          `With these, ${name} has ${length} bytes: a firmware keeps ${SIGNATURE_DATABASE_BYTES_MAX}.`,
        ),
      )
  }
}

function invalid(target: string, message: string): Fault {
  return { status: 400, code: 'InvalidParameter', message, target }
}
