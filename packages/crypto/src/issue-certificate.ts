import { toUtf8 } from '@trusted-launch/codec'
import { contextTag, DER, der, derBits, derOid, derTime, derUnsigned } from './der.ts'
import type { PublicKey } from './public-key.ts'
import type { SignatureScheme, SigningKey } from './signature.ts'
import { EXTENSION, type Extension } from './x509.ts'

/** One attribute of a name, e.g. `{ oid: '2.5.4.3', value: 'vm-1' }` for CN. */
export interface NameAttribute {
  readonly oid: string
  readonly value: string
}

/** What a certificate says. Extensions come as bytes: see the functions below. */
export interface CertificateFields {
  /** 1 to 20 bytes, big-endian, positive. */
  readonly serial: Uint8Array
  readonly issuer: readonly NameAttribute[]
  readonly subject: readonly NameAttribute[]
  /** Milliseconds since 1970, whole seconds. */
  readonly notBefore: number
  readonly notAfter: number
  readonly publicKey: PublicKey
  readonly extensions: readonly Extension[]
}

const algorithms: Readonly<Record<string, Uint8Array>> = {
  'ecdsa sha256': der(DER.SEQUENCE, derOid('1.2.840.10045.4.3.2')),
  'ecdsa sha384': der(DER.SEQUENCE, derOid('1.2.840.10045.4.3.3')),
  'rsassa sha256': der(DER.SEQUENCE, derOid('1.2.840.113549.1.1.11'), der(DER.NULL)),
  'rsassa sha384': der(DER.SEQUENCE, derOid('1.2.840.113549.1.1.12'), der(DER.NULL)),
}

/**
 * A certificate of version 3, signed: DER. What it says is the caller's responsibility.
 * @throws {RangeError} a scheme other than ECDSA or RSASSA with SHA-256 or SHA-384.
 * @see RFC 5280, 4.1
 */
export function issueCertificate(
  fields: CertificateFields,
  key: SigningKey,
  scheme: SignatureScheme,
): Uint8Array {
  const algorithm = algorithms[`${scheme.scheme} ${scheme.hash}`]
  if (algorithm === undefined) throw new RangeError(`no certificates by ${scheme.scheme}`)
  const tbs = der(
    DER.SEQUENCE,
    der(contextTag(0), derUnsigned(Uint8Array.of(2))),
    derUnsigned(fields.serial),
    algorithm,
    encodeName(fields.issuer),
    der(DER.SEQUENCE, derTime(fields.notBefore), derTime(fields.notAfter)),
    encodeName(fields.subject),
    fields.publicKey.spki,
    der(contextTag(3), der(DER.SEQUENCE, ...fields.extensions.map(encodeExtension))),
  )
  return der(DER.SEQUENCE, tbs, algorithm, derBits(key.sign(scheme, tbs)))
}

/** A Name of one attribute per RDN, in UTF-8. RFC 5280, 4.1.2.4. */
export function encodeName(attributes: readonly NameAttribute[]): Uint8Array {
  const rdns = attributes.map(({ oid, value }) =>
    der(
      DER.SET,
      der(
        DER.SEQUENCE,
        derOid(oid),
        der(oid === '2.5.4.6' ? 0x13 : DER.UTF8_STRING, toUtf8(value)),
      ),
    ),
  )
  return der(DER.SEQUENCE, ...rdns)
}

/** basicConstraints, critical. RFC 5280, 4.2.1.9. */
export function basicConstraints(given: { ca: boolean; pathLength?: number }): Extension {
  const flag = given.ca ? [der(DER.BOOLEAN, Uint8Array.of(0xff))] : []
  const path = given.pathLength === undefined ? [] : [derUnsigned(Uint8Array.of(given.pathLength))]
  return extension(EXTENSION.basicConstraints, true, der(DER.SEQUENCE, ...flag, ...path))
}

/** keyUsage, critical: bits by number, see KEY_USAGE; below 8. RFC 5280, 4.2.1.3. */
export function keyUsage(...bits: readonly number[]): Extension {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0)
  const unused = 7 - Math.max(...bits)
  return extension(EXTENSION.keyUsage, true, der(DER.BIT_STRING, Uint8Array.of(unused, byte)))
}

/** extKeyUsage, not critical. RFC 5280, 4.2.1.12. */
export function extendedKeyUsage(...oids: readonly string[]): Extension {
  return extension(EXTENSION.extKeyUsage, false, der(DER.SEQUENCE, ...oids.map(derOid)))
}

/** Any extension by its bytes. */
export function extension(oid: string, critical: boolean, value: Uint8Array): Extension {
  return { oid, critical, value }
}

function encodeExtension({ oid, critical, value }: Extension): Uint8Array {
  const flag = critical ? [der(DER.BOOLEAN, Uint8Array.of(0xff))] : []
  return der(DER.SEQUENCE, derOid(oid), ...flag, der(DER.OCTET_STRING, value))
}
