import { equalBytes, MalformedError, toHex } from '@trusted-launch/codec'
import {
  Certificate,
  CryptoError,
  contextTag,
  DER,
  DerReader,
  type HashName,
  inside,
  verifySignature,
} from '@trusted-launch/crypto'
import { bytesOf, type Entry, manifest, type Row } from './manifest.ts'

/** What an attribute certificate says of whose it is, and who signed that. RFC 5755, 4.1. */
interface AttributeCertificate {
  readonly tbs: Uint8Array
  readonly issuerDer: Uint8Array
  /** The serial number of the EK's certificate. */
  readonly holder: string
  readonly hash: HashName | undefined
  readonly signature: Uint8Array
}

const rsaWith: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
}

/** A platform's certificate: it reads and names its EK, and whoever of the corpus is named as its issuer signed it. */
export function platformCertificate({ file }: Entry): Row[] {
  const bytes = bytesOf(file)
  const row = (expected: string, got: string, right: boolean) => [{ file, expected, got, right }]
  try {
    const found = decodeAttributeCertificate(bytes)
    const issuers = certificates().filter((one) => mayHaveSigned(one, found))
    if (issuers.length === 0) return row('names its EK', `EK certificate ${found.holder}`, true)
    const signed = (tbs: Uint8Array) => issuers.some((one) => isSigned({ ...found, tbs }, one))
    const right = signed(found.tbs) && !signed(found.tbs.with(-1, found.tbs.at(-1)! ^ 1))
    return row('signed by its issuer', `${right}`, right)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    const plain = certificateOf(bytes)
    return row('names its EK, or is an issuer', plain?.subject ?? e.message, plain !== null)
  }
}

/** Names are compared as text, in whichever of ASCII's string types: one signer writes both. RFC 5280, 7.1. */
function sameName(one: Uint8Array, other: Uint8Array): boolean {
  const asUtf8 = (name: Uint8Array) => name.map((byte) => (byte === printable ? utf8 : byte))
  return equalBytes(asUtf8(one), asUtf8(other))
}
const [utf8, printable] = [0x0c, 0x13]

/** It has the issuer's name, and a key that signs in as many bytes. */
function mayHaveSigned(one: Certificate, { issuerDer, signature }: AttributeCertificate): boolean {
  return sameName(one.subjectDer, issuerDer) && one.publicKey.bits === 8 * signature.length
}

function decodeAttributeCertificate(bytes: Uint8Array): AttributeCertificate {
  const outer = new DerReader(bytes)
  const whole = outer.enter(DER.SEQUENCE)
  const tbs = whole.next(DER.SEQUENCE)
  const hash = rsaWith[whole.enter(DER.SEQUENCE).oid()]
  const signature = whole.octets()
  whole.finish()
  const fields = inside(tbs)
  if (fields.small() !== 1) throw new MalformedError('version', 0, 'not 2')
  const base = fields.enter(DER.SEQUENCE).enter(contextTag(0))
  base.next(DER.SEQUENCE)
  const holder = toHex(base.integer().content)
  const issuer = fields.enter(contextTag(0)).enter(DER.SEQUENCE).enter(contextTag(4))
  const { bytes: issuerDer } = issuer.next(DER.SEQUENCE)
  return { tbs: tbs.bytes, issuerDer, holder, hash, signature }
}

function isSigned({ hash, tbs, signature }: AttributeCertificate, issuer: Certificate): boolean {
  if (hash === undefined || issuer.publicKey.kind !== 'rsa') return false
  return verifySignature(issuer.publicKey, { scheme: 'rsassa', hash }, tbs, signature)
}

let known: Certificate[] | undefined

function certificates(): Certificate[] {
  known ??= manifest()
    .filter(({ kind }) => kind === 'platform-cert')
    .flatMap(({ file }) => certificateOf(bytesOf(file)) ?? [])
  return known
}

function certificateOf(bytes: Uint8Array): Certificate | null {
  try {
    return Certificate.decode(bytes)
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return null
    throw e
  }
}
