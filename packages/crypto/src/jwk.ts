import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { fromBase64url, toBase64url } from './base64url.ts'
import { DER, inside, readDer } from './der.ts'
import { digest } from './digest.ts'
import { CryptoError } from './errors.ts'
import { type CurveName, PublicKey } from './public-key.ts'

/** A public key as JSON: the members its thumbprint is over, and no other. RFC 7518, 6.2.1 and 6.3.1. */
export type Jwk =
  | { readonly kty: 'EC'; readonly crv: CurveName; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }

/** A public key as JSON. */
export function jwkOf(key: PublicKey): Jwk {
  const info = inside(readDer(key.spki, DER.SEQUENCE))
  info.enter(DER.SEQUENCE)
  const bytes = info.octets()
  if (key.curve !== null) {
    const size = (bytes.length - 1) / 2
    const [x, y] = [bytes.subarray(1, 1 + size), bytes.subarray(1 + size)].map(toBase64url)
    return { kty: 'EC', crv: key.curve, x: x!, y: y! }
  }
  const numbers = inside(readDer(bytes, DER.SEQUENCE))
  const [n, e] = [numbers.unsigned(), numbers.unsigned()].map(toBase64url)
  return { kty: 'RSA', n: n!, e: e! }
}

/**
 * The public key of a JWK. Members that say nothing of the key itself (`kid`, `use`, `alg`) are ignored.
 * @throws {MalformedError} no JWK, or one that holds a private or a secret part.
 * @throws {CryptoError} `KEY_UNSUPPORTED`: neither RSA nor on a NIST curve, or a point off its curve.
 * @see RFC 7517
 */
export function keyOfJwk(value: unknown): PublicKey {
  const jwk = membersOf(value)
  if (secrets.some((name) => Object.hasOwn(jwk, name)))
    throw new MalformedError('jwk', 0, 'it holds a secret')
  if (jwk.kty !== 'EC') {
    if (jwk.kty === 'RSA') return PublicKey.fromRsa(bytesIn(jwk, 'n'), bytesIn(jwk, 'e'))
    throw new CryptoError('KEY_UNSUPPORTED', 'a key that is neither RSA nor EC')
  }
  const size = sizes.get(jwk.crv)
  if (size === undefined) throw new CryptoError('KEY_UNSUPPORTED', 'a curve that is not of NIST')
  const [x, y] = [bytesIn(jwk, 'x'), bytesIn(jwk, 'y')]
  // 6.2.1.2: neither shortened nor padded
  if (x.length !== size || y.length !== size)
    throw new MalformedError('jwk', 0, `coordinates that are not ${size} bytes`)
  const key = PublicKey.fromEc(jwk.crv as CurveName, x, y)
  if (key.object === null) throw new CryptoError('KEY_UNSUPPORTED', 'a point off its curve')
  return key
}

const thumbprints = new WeakMap<PublicKey, string>()

/** The key's thumbprint, base64url: its name wherever a `kid` is wanted. RFC 7638, with SHA-256. */
export function thumbprintOf(key: PublicKey): string {
  const known = thumbprints.get(key)
  if (known !== undefined) return known
  const sorted = Object.entries(jwkOf(key)).sort(([a], [b]) => (a < b ? -1 : 1))
  const json = JSON.stringify(Object.fromEntries(sorted))
  const thumbprint = toBase64url(digest('sha256', toUtf8(json)))
  thumbprints.set(key, thumbprint)
  return thumbprint
}

const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const sizes: ReadonlyMap<unknown, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
])
const memberCharsMax = 2048

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedError('jwk', 0, 'not an object')
  return value as Readonly<Record<string, unknown>>
}

function bytesIn(jwk: Readonly<Record<string, unknown>>, name: string): Uint8Array {
  const text = jwk[name]
  if (typeof text !== 'string' || text.length === 0 || text.length > memberCharsMax)
    throw new MalformedError(`jwk.${name}`, 0, 'no number in base64url')
  return fromBase64url(text)
}
