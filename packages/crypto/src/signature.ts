import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { concat, MalformedError } from '@trusted-launch/codec'
import { DER, der, derUnsigned, inside, readDer } from './der.ts'
import { CryptoError } from './errors.ts'
import type { HashName } from './hash-name.ts'
import { PublicKey } from './public-key.ts'

/** How a signature was made. RFC 8017 8.1 and 8.2, FIPS 186-5 6. */
export interface SignatureScheme {
  readonly scheme: 'rsassa' | 'rsapss' | 'ecdsa'
  readonly hash: HashName
}

/** Bytes as X.509 carries them; for ECDSA also the two numbers, big-endian, as a TPM gives them. */
export type Signature = Uint8Array | { readonly r: Uint8Array; readonly s: Uint8Array }

/**
 * Whether `signature` over `message` was made by the private half of `key`. False, never an error,
 * for everything else: a scheme that does not fit the key, a point off its curve, foreign bytes.
 */
export function verifySignature(
  key: PublicKey,
  { scheme, hash }: SignatureScheme,
  message: Uint8Array,
  signature: Signature,
): boolean {
  const fits = (scheme === 'ecdsa') === (key.kind === 'ec')
  const object = fits ? key.object : null
  if (object === null) return false
  if (!(signature instanceof Uint8Array) && !isOfCurve(signature, key.bits)) return false
  const bytes = signature instanceof Uint8Array ? signature : ecdsaSignature(signature)
  if (scheme === 'ecdsa' && signature instanceof Uint8Array && !isEcdsaSignature(bytes))
    return false
  try {
    // The bare key: any options object costs Node 24 more than the check itself.
    if (scheme !== 'rsapss') return verify(hash, message, object, bytes)
    return verify(hash, message, { key: object, ...pss(constants.RSA_PSS_SALTLEN_AUTO) }, bytes)
  } catch {
    return false
  }
}

/** ECDSA-Sig-Value, DER. RFC 3279, 2.2.3. */
export function ecdsaSignature({ r, s }: { r: Uint8Array; s: Uint8Array }): Uint8Array {
  return der(DER.SEQUENCE, derUnsigned(r), derUnsigned(s))
}

/**
 * The two numbers of an ECDSA-Sig-Value, each `size` bytes, one after the other (as JWS wants them).
 * @throws {MalformedError} not an ECDSA-Sig-Value, or a number of more than `size` bytes.
 */
export function rawEcdsaSignature(signature: Uint8Array, size: number): Uint8Array {
  const numbers = inside(readDer(signature, DER.SEQUENCE))
  const parts = [numbers.unsigned(), numbers.unsigned()].map((number) => {
    if (number.length > size) throw new MalformedError('', 0, 'a number longer than the curve')
    const part = new Uint8Array(size)
    part.set(number, size - number.length)
    return part
  })
  numbers.finish()
  return concat(...parts)
}

/** A private key that signs; what it holds cannot be read back through it. */
export class SigningKey {
  readonly publicKey: PublicKey
  readonly #object: KeyObject

  private constructor(object: KeyObject) {
    this.#object = object
    const spki = createPublicKey(object).export({ format: 'der', type: 'spki' })
    this.publicKey = PublicKey.fromSpki(Uint8Array.from(spki))
  }

  /** @throws {CryptoError} `KEY_UNSUPPORTED`: not an RSA or NIST-curve key in PKCS#8, DER. */
  static fromPkcs8(bytes: Uint8Array): SigningKey {
    let object: KeyObject
    try {
      object = createPrivateKey({ key: bytes as Buffer, format: 'der', type: 'pkcs8' })
    } catch {
      throw new CryptoError('KEY_UNSUPPORTED', 'not a private key in PKCS#8')
    }
    return new SigningKey(object)
  }

  /** A signature as X.509 carries it. @throws {RangeError} a scheme that does not fit the key. */
  sign({ scheme, hash }: SignatureScheme, message: Uint8Array): Uint8Array {
    if ((scheme === 'ecdsa') !== (this.publicKey.kind === 'ec'))
      throw new RangeError(`${scheme} with a key of kind ${this.publicKey.kind}`)
    const key =
      scheme === 'rsapss'
        ? { key: this.#object, ...pss(constants.RSA_PSS_SALTLEN_DIGEST) }
        : this.#object
    return new Uint8Array(sign(hash, message, key))
  }
}

// A TPM writes the two numbers with or without leading zeros, but never longer than the curve's.
function isOfCurve({ r, s }: { r: Uint8Array; s: Uint8Array }, bits: number): boolean {
  const size = Math.ceil(bits / 8)
  return r.length > 0 && r.length <= size && s.length > 0 && s.length <= size
}

// One value, one encoding: a signature in any other form of BER is refused.
function isEcdsaSignature(bytes: Uint8Array): boolean {
  try {
    const numbers = inside(readDer(bytes, DER.SEQUENCE))
    numbers.unsigned()
    numbers.unsigned()
    return numbers.atEnd
  } catch {
    return false
  }
}

function pss(saltLength: number) {
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
}
