import { MalformedError, within } from '@trusted-launch/codec'
import { readHash, readScheme } from './algorithm.ts'
import { contextTag, DER, type DerElement, type DerReader, inside, readDer } from './der.ts'
import { CryptoError } from './errors.ts'
import type { HashName } from './hash-name.ts'
import type { SignatureScheme } from './signature.ts'
import { Certificate } from './x509.ts'

const signedData = '1.2.840.113549.1.7.2'
const signedDataBytesMax = 1024 * 1024
const elementsMax = 64

/** One who signed. RFC 2315, 9.2; RFC 5652, 5.3. */
export interface SignerInfo {
  /** Whose certificate: by issuer (DER) and serial number (hexadecimal), or by key identifier. */
  readonly identifier:
    | { readonly issuerDer: Uint8Array; readonly serial: string }
    | { readonly subjectKeyIdentifier: Uint8Array }
  /** Null: a hash not known here. */
  readonly digestAlgorithm: HashName | null
  /** The bytes that are signed when there are attributes: a SET, as it came but for its tag. */
  readonly signedAttributes: Uint8Array | null
  /** Attributes that are signed: each value as an element, by type. */
  readonly attributes: ReadonlyMap<string, readonly DerElement[]>
  readonly signatureScheme: SignatureScheme | null
  readonly signature: Uint8Array
}

/** PKCS #7 SignedData, as Authenticode carries it. Decoding proves nothing: see `verifySignedData`. */
export interface SignedData {
  /** Of what is signed, e.g. 1.3.6.1.4.1.311.2.1.4 (SpcIndirectDataContent). */
  readonly contentType: string
  /**
   * What the hash covers: the content's own bytes, without tag and length, as PKCS #7 says of any
   * type and CMS of its OCTET STRING. Null: a detached signature.
   */
  readonly content: Uint8Array | null
  /** Those that decode; one that does not can vouch for nobody. */
  readonly certificates: readonly Certificate[]
  readonly signers: readonly SignerInfo[]
}

/**
 * @param bytes a ContentInfo, or SignedData alone as authenticated variables hold it; at most 1 MiB.
 * @throws {MalformedError} not DER, or not SignedData.
 * @see RFC 2315, 9.1; RFC 5652, 5.1
 */
export function decodeSignedData(bytes: Uint8Array): SignedData {
  if (bytes.length > signedDataBytesMax)
    throw new MalformedError('SignedData', 0, `${bytes.length}, more than ${signedDataBytesMax}`)
  return within('SignedData', () => readSignedData(openContentInfo(readDer(bytes, DER.SEQUENCE))))
}

function openContentInfo(whole: DerElement): DerReader {
  if (whole.content[0] === DER.INTEGER) return inside(whole)
  const info = inside(whole)
  const type = info.oid()
  if (type !== signedData) throw new MalformedError('contentType', whole.position, type)
  const wrapper = info.enter(contextTag(0))
  info.finish()
  const data = wrapper.enter(DER.SEQUENCE)
  wrapper.finish()
  return data
}

function readSignedData(data: DerReader): SignedData {
  data.small()
  data.enter(DER.SET).all(elementsMax, DER.SEQUENCE)
  const info = data.enter(DER.SEQUENCE)
  const contentType = info.oid()
  const wrapped = info.optional(contextTag(0))
  info.finish()
  const given = data.optional(contextTag(0))
  const certificates = given === null ? [] : readCertificates(given)
  const revoked = data.optional(contextTag(1))
  if (revoked !== null) inside(revoked).all(elementsMax)
  const infos = data.enter(DER.SET).all(elementsMax, DER.SEQUENCE)
  const signers = infos.map((signer, i) => within(`signerInfos[${i}]`, () => readSigner(signer)))
  data.finish()
  return { contentType, content: contentOf(wrapped), certificates, signers }
}

function contentOf(wrapped: DerElement | null): Uint8Array | null {
  if (wrapped === null) return null
  const reader = inside(wrapped)
  const { content } = reader.next()
  reader.finish()
  return content
}

function readCertificates(given: DerElement): Certificate[] {
  return inside(given)
    .all(elementsMax)
    .flatMap(({ tag, bytes }) => {
      try {
        return tag === DER.SEQUENCE ? [Certificate.decode(bytes)] : []
      } catch (e) {
        if (e instanceof MalformedError || e instanceof CryptoError) return []
        throw e
      }
    })
}

function readSigner(element: DerElement): SignerInfo {
  const reader = inside(element)
  reader.small()
  const identifier = readIdentifier(reader)
  const digestAlgorithm = readHash(reader.enter(DER.SEQUENCE))
  const signed = reader.optional(contextTag(0))
  const algorithm = reader.enter(DER.SEQUENCE)
  const signatureScheme = readScheme(algorithm, digestAlgorithm ?? undefined)
  const signature = reader.next(DER.OCTET_STRING).content
  const unsigned = reader.optional(contextTag(1))
  if (unsigned !== null) inside(unsigned).all(elementsMax)
  reader.finish()
  const signedAttributes = signed === null ? null : asSet(signed.bytes)
  const attributes = signed === null ? new Map() : readAttributes(signed)
  return { identifier, digestAlgorithm, signedAttributes, attributes, signatureScheme, signature }
}

function readIdentifier(reader: DerReader): SignerInfo['identifier'] {
  const key = reader.optional(contextTag(0, false))
  if (key !== null) return { subjectKeyIdentifier: key.content }
  const pair = reader.enter(DER.SEQUENCE)
  const issuerDer = pair.next(DER.SEQUENCE).bytes
  const serial = [...pair.integer().content].map((b) => b.toString(16).padStart(2, '0')).join('')
  pair.finish()
  return { issuerDer, serial }
}

function readAttributes(signed: DerElement): Map<string, readonly DerElement[]> {
  const found = new Map<string, readonly DerElement[]>()
  for (const element of inside(signed).all(elementsMax, DER.SEQUENCE)) {
    const reader = inside(element)
    const type = reader.oid()
    if (found.has(type)) throw new MalformedError('', element.position, `attribute ${type} twice`)
    found.set(type, reader.enter(DER.SET).all(elementsMax))
    reader.finish()
  }
  return found
}

// RFC 2315, 9.3: the signature covers the attributes with the tag of a SET in place of [0].
function asSet(bytes: Uint8Array): Uint8Array {
  const set = new Uint8Array(bytes)
  set[0] = DER.SET
  return set
}
