import { equalBytes, MalformedError, toHex, within } from '@trusted-launch/codec'
import { readScheme } from './algorithm.ts'
import { contextTag, DER, type DerElement, DerReader, inside, readDer } from './der.ts'
import { digest } from './digest.ts'
import { formatName } from './distinguished-name.ts'
import { PublicKey } from './public-key.ts'
import { type SignatureScheme, verifySignature } from './signature.ts'
import { readTime } from './x509-time.ts'

const certificateBytesMax = 64 * 1024
const extensionsMax = 64
const usagesMax = 64

/** An extension as it came. RFC 5280, 4.2. */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Uint8Array
}

/** Object identifiers of extensions, RFC 5280, 4.2.1. */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

/** Bits of keyUsage, by their number. RFC 5280, 4.2.1.3. */
export const KEY_USAGE = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
} as const

/**
 * An X.509 certificate, decoded. Decoding proves nothing: see `verifyChain`.
 * @see RFC 5280, 4.1
 */
export class Certificate {
  /** As it came. */
  readonly der: Uint8Array
  /** What the issuer signed, as it came. */
  readonly tbs: Uint8Array
  /** Big-endian, hexadecimal, as it came. */
  readonly serial: string
  readonly subjectDer: Uint8Array
  readonly issuerDer: Uint8Array
  /** For people: `C=US, O=Example, CN=Example CA`. */
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  readonly publicKey: PublicKey
  /** Null: an algorithm not known here, so its issuer cannot be verified. */
  readonly signatureScheme: SignatureScheme | null
  readonly signature: Uint8Array
  readonly extensions: readonly Extension[]
  /** basicConstraints: null when it has none. */
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null
  /** Which bits of keyUsage are set: null when it has none. */
  readonly keyUsage: readonly number[] | null
  /** Empty when it has none: then it is for any use. */
  readonly extendedKeyUsage: readonly string[]
  #fingerprint: Uint8Array | null = null

  private constructor(der: Uint8Array) {
    if (der.length > certificateBytesMax)
      throw new MalformedError('', 0, `${der.length}, more than ${certificateBytesMax}`)
    this.der = der
    const whole = inside(readDer(der, DER.SEQUENCE))
    const tbs = whole.next(DER.SEQUENCE)
    const outer = whole.next(DER.SEQUENCE)
    this.signature = whole.octets()
    whole.finish()
    this.tbs = tbs.bytes

    const fields = inside(tbs)
    const version = readVersion(fields)
    this.serial = toHex(within('serialNumber', () => fields.integer().content))
    const inner = fields.next(DER.SEQUENCE)
    this.signatureScheme = within('signature', () => readScheme(inside(inner)))
    // 4.1.1.2: the outer algorithm is not signed; it must be the inner one, byte for byte.
    if (!equalBytes(inner.bytes, outer.bytes))
      throw new MalformedError('signatureAlgorithm', outer.position, 'differs from the one signed')
    const issuer = fields.next(DER.SEQUENCE)
    const validity = fields.enter(DER.SEQUENCE)
    this.notBefore = within('notBefore', () => readTime(validity))
    this.notAfter = within('notAfter', () => readTime(validity))
    validity.finish()
    const subject = fields.next(DER.SEQUENCE)
    this.issuerDer = issuer.bytes
    this.subjectDer = subject.bytes
    this.issuer = within('issuer', () => formatName(issuer))
    this.subject = within('subject', () => formatName(subject))
    const spki = fields.next(DER.SEQUENCE)
    this.publicKey = within('subjectPublicKeyInfo', () => PublicKey.fromSpki(spki.bytes))
    if (version > 1) {
      fields.optional(contextTag(1, false))
      fields.optional(contextTag(2, false))
    }
    this.extensions = version === 3 ? within('extensions', () => readExtensions(fields)) : []
    fields.finish()
    this.basicConstraints = this.#read(EXTENSION.basicConstraints, readBasicConstraints)
    this.keyUsage = this.#read(EXTENSION.keyUsage, readKeyUsage)
    this.extendedKeyUsage = this.#read(EXTENSION.extKeyUsage, readExtendedKeyUsage) ?? []
  }

  /**
   * @param bytes at most 64 KiB, nothing after the certificate.
   * @throws {MalformedError} not DER, not a certificate, or inner and outer algorithm differ.
   * @throws {CryptoError} `KEY_UNSUPPORTED`: its key is neither RSA nor on a NIST curve.
   */
  static decode(bytes: Uint8Array): Certificate {
    return within('Certificate', () => new Certificate(bytes))
  }

  /** SHA-256 of the whole certificate. */
  get fingerprint(): Uint8Array {
    this.#fingerprint ??= digest('sha256', this.der)
    return this.#fingerprint
  }

  extension(oid: string): Extension | null {
    return this.extensions.find((extension) => extension.oid === oid) ?? null
  }

  /** Whether `other` has the name this one calls its issuer, and its key made the signature. */
  issuedBy(other: Certificate): boolean {
    return equalBytes(this.issuerDer, other.subjectDer) && this.signedBy(other.publicKey)
  }

  /** Whether this key made the signature. */
  signedBy(key: PublicKey): boolean {
    return (
      this.signatureScheme !== null &&
      verifySignature(key, this.signatureScheme, this.tbs, this.signature)
    )
  }

  equals(other: Certificate): boolean {
    return this === other || equalBytes(this.der, other.der)
  }

  #read<T>(oid: string, read: (value: DerReader) => T): T | null {
    const extension = this.extension(oid)
    if (extension === null) return null
    return within(`extension ${oid}`, () => {
      const reader = new DerReader(extension.value)
      const value = read(reader)
      reader.finish()
      return value
    })
  }
}

function readVersion(fields: DerReader): number {
  const given = fields.optional(contextTag(0))
  if (given === null) return 1
  const version = inside(given).small() + 1
  if (version !== 2 && version !== 3)
    throw new MalformedError('version', given.position, `version ${version}`)
  return version
}

function readExtensions(fields: DerReader): Extension[] {
  const given = fields.optional(contextTag(3))
  if (given === null) return []
  const wrapper = inside(given)
  const elements = wrapper.enter(DER.SEQUENCE).all(extensionsMax, DER.SEQUENCE)
  wrapper.finish()
  const found = new Set<string>()
  return elements.map((element) => {
    const extension = readExtension(element)
    if (found.has(extension.oid))
      throw new MalformedError('', element.position, `extension ${extension.oid} twice`)
    found.add(extension.oid)
    return extension
  })
}

function readExtension(element: DerElement): Extension {
  const reader = inside(element)
  const oid = reader.oid()
  const flag = reader.optional(DER.BOOLEAN)
  const critical = flag !== null && new DerReader(flag.bytes, flag.position).boolean()
  const { content } = reader.next(DER.OCTET_STRING)
  reader.finish()
  return { oid, critical, value: content }
}

function readBasicConstraints(value: DerReader) {
  const fields = value.enter(DER.SEQUENCE)
  const flag = fields.optional(DER.BOOLEAN)
  const ca = flag !== null && new DerReader(flag.bytes, flag.position).boolean()
  const pathLength = fields.atEnd ? null : fields.small()
  fields.finish()
  return { ca, pathLength }
}

function readKeyUsage(value: DerReader): number[] {
  const { content } = value.next(DER.BIT_STRING)
  const bits: number[] = []
  for (let bit = 0; bit < (content.length - 1) * 8; bit++)
    if (content[1 + (bit >> 3)]! & (0x80 >> (bit & 7))) bits.push(bit)
  return bits
}

function readExtendedKeyUsage(value: DerReader): string[] {
  const elements = value.enter(DER.SEQUENCE).all(usagesMax, DER.OBJECT_IDENTIFIER)
  return elements.map((element) => new DerReader(element.bytes, element.position).oid())
}
