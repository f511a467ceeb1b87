import { createPublicKey, type KeyObject } from 'node:crypto'
import { concat, equalBytes, MalformedError } from '@trusted-launch/codec'
import { DER, DerReader, der, derBits, derOid, derUnsigned, readDer } from './der.ts'
import { CryptoError } from './errors.ts'
import { formatPem } from './pem.ts'

/** The NIST curves, FIPS 186-5. */
export type CurveName = 'P-256' | 'P-384' | 'P-521'

const ecPublicKey = '1.2.840.10045.2.1'
const rsaEncryption = '1.2.840.113549.1.1.1'
const rsaAlgorithm = der(DER.SEQUENCE, derOid(rsaEncryption), der(DER.NULL))

const curve = (oid: string, bits: number) => ({
  oid,
  bits,
  algorithm: der(DER.SEQUENCE, derOid(ecPublicKey), derOid(oid)),
})
const curves = {
  'P-256': curve('1.2.840.10045.3.1.7', 256),
  'P-384': curve('1.3.132.0.34', 384),
  'P-521': curve('1.3.132.0.35', 521),
} as const satisfies Record<CurveName, unknown>
const rsaesOaep = '1.2.840.113549.1.1.7'
const rsassaPss = '1.2.840.113549.1.1.10'
const modulusBytesMax = 1024
const exponentBytesMax = 8

/**
 * An RSA or elliptic-curve public key. Two keys are equal when their numbers are: `spki` is written
 * anew from them (with rsaEncryption for every RSA key). Small keys are taken: whether a size is
 * enough is the caller's policy (`bits`).
 */
export class PublicKey {
  /** SubjectPublicKeyInfo, DER. RFC 5280, 4.1.2.7. */
  readonly spki: Uint8Array
  readonly kind: 'rsa' | 'ec'
  readonly bits: number
  readonly curve: CurveName | null
  readonly #material: Uint8Array
  #object: KeyObject | undefined

  private constructor(
    spki: Uint8Array,
    kind: 'rsa' | 'ec',
    bits: number,
    curve: CurveName | null,
    material: Uint8Array,
  ) {
    this.spki = spki
    this.kind = kind
    this.bits = bits
    this.curve = curve
    this.#material = material
  }

  /** @throws {CryptoError} `KEY_UNSUPPORTED`: a modulus above 8192 bits, or an even exponent. */
  static fromRsa(n: Uint8Array, e: Uint8Array | number): PublicKey {
    const modulus = withoutZeros(n)
    const exponent = withoutZeros(typeof e === 'number' ? bytesOf(e) : e)
    const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
    const sound =
      bits >= 512 &&
      modulus.length <= modulusBytesMax &&
      exponent.length <= exponentBytesMax &&
      (modulus.at(-1)! & exponent.at(-1)! & 1) === 1 &&
      (exponent.length > 1 || exponent[0]! > 1)
    if (!sound) throw new CryptoError('KEY_UNSUPPORTED', `an RSA key of ${bits} bits`)
    const pkcs1 = der(DER.SEQUENCE, derUnsigned(modulus), derUnsigned(exponent))
    const spki = der(DER.SEQUENCE, rsaAlgorithm, derBits(pkcs1))
    return new PublicKey(spki, 'rsa', bits, null, pkcs1)
  }

  /**
   * A point by its coordinates. Whether it lies on the curve shows at the first use.
   * @throws {CryptoError} `KEY_UNSUPPORTED`: a coordinate longer than the curve's.
   */
  static fromEc(curve: CurveName, x: Uint8Array, y: Uint8Array): PublicKey {
    const { algorithm, bits } = curves[curve]
    const size = Math.ceil(bits / 8)
    const point = concat(Uint8Array.of(4), toSize(x, size), toSize(y, size))
    const spki = der(DER.SEQUENCE, algorithm, derBits(point))
    return new PublicKey(spki, 'ec', bits, curve, spki)
  }

  /**
   * @throws {MalformedError} not a SubjectPublicKeyInfo.
   * @throws {CryptoError} `KEY_UNSUPPORTED`: neither RSA nor an uncompressed point of a NIST curve.
   */
  static fromSpki(spki: Uint8Array): PublicKey {
    const info = new DerReader(readDer(spki, DER.SEQUENCE).content)
    const algorithm = info.enter(DER.SEQUENCE)
    const oid = algorithm.oid()
    const key = info.octets()
    info.finish()
    if (oid === rsaEncryption || oid === rsaesOaep || oid === rsassaPss) return fromPkcs1(key)
    const curve = oid === ecPublicKey ? curveOf(algorithm.oid()) : null
    if (curve === null) throw new CryptoError('KEY_UNSUPPORTED', `a public key of kind ${oid}`)
    return fromPoint(curve, key)
  }

  equals(other: PublicKey): boolean {
    return this === other || equalBytes(this.spki, other.spki)
  }

  /** The library's form, made at the first use and kept. Null: a point off its curve. */
  get object(): KeyObject | null {
    try {
      this.#object ??= createPublicKey(pemOf(this.kind, this.#material))
      return this.#object
    } catch {
      return null
    }
  }
}

/** As text: of an object Node 24 makes an error first, to see that it is no key, which takes longer than the key. */
function pemOf(kind: 'rsa' | 'ec', material: Uint8Array): string {
  const label = kind === 'rsa' ? 'RSA PUBLIC KEY' : 'PUBLIC KEY'
  return formatPem({ label, der: material })
}

function fromPkcs1(bytes: Uint8Array): PublicKey {
  const key = new DerReader(readDer(bytes, DER.SEQUENCE).content)
  const n = key.unsigned()
  const e = key.unsigned()
  key.finish()
  return PublicKey.fromRsa(n, e)
}

function fromPoint(curve: CurveName, point: Uint8Array): PublicKey {
  const size = Math.ceil(curves[curve].bits / 8)
  if (point[0] !== 4) throw new CryptoError('KEY_UNSUPPORTED', 'a point that is not uncompressed')
  if (point.length !== 1 + 2 * size)
    throw new MalformedError('point', 0, `${point.length} bytes where ${1 + 2 * size} must be`)
  return PublicKey.fromEc(curve, point.subarray(1, 1 + size), point.subarray(1 + size))
}

function curveOf(oid: string): CurveName | null {
  const names = Object.keys(curves) as CurveName[]
  return names.find((name) => curves[name].oid === oid) ?? null
}

function bytesOf(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  return bytes.subarray(start)
}

function toSize(bytes: Uint8Array, size: number): Uint8Array {
  const digits = withoutZeros(bytes)
  if (digits.length > size)
    throw new CryptoError('KEY_UNSUPPORTED', `a coordinate of ${digits.length} bytes`)
  const whole = new Uint8Array(size)
  whole.set(digits, size - digits.length)
  return whole
}
