import { MalformedError, within } from '@trusted-launch/codec'
import {
  CryptoError,
  type Jwk,
  jwkOf,
  keyOfJwk,
  type PublicKey,
  thumbprintOf,
} from '@trusted-launch/crypto'
import { encodeCanonical } from '../canonical-json.ts'
import {
  array,
  integer,
  nullable,
  object,
  oneOf,
  parseJson,
  record,
  type Shape,
  string,
} from '../json-shape.ts'
import { TOKEN_LIFETIME_SECONDS_MAX } from './token.ts'

/** A key that signs no more; its tokens may still be shown. */
export interface RetiredKey {
  readonly jwk: Jwk
  /** Milliseconds since 1970: its last token has run out. */
  readonly until: number
}

/** The public halves of an issuer's keys: plain JSON. Who keeps the private halves is no concern of this. */
export interface TokenKeys {
  readonly version: 1
  /** Signs now. */
  readonly current: Jwk
  /** Signs after the next rotation: listed before, so that whoever keeps a copy of the JWKS has it; null: none yet. */
  readonly next: Jwk | null
  readonly retired: readonly RetiredKey[]
}

const retiredMax = 16
const bytesMax = 64 * 1024
/** Clocks differ by a little, and verifiers forgive it. */
const skewMs = 60_000

/**
 * The next key signs from now on, `fresh` is listed in its place, and the one that signed is kept until the
 * last token it can have signed ran out. Without a next key, `fresh` signs at once.
 * @param time milliseconds since 1970.
 * @throws {RangeError} a fresh key that is listed already, or sixteen keys retired and not run out: rotate later.
 */
export function rotateTokenKeys(keys: TokenKeys, fresh: PublicKey, time: number): TokenKeys {
  const jwk = signingJwk(fresh)
  const kid = thumbprintOf(fresh)
  const known = listed(keys).some((one) => thumbprintOf(keyOfJwk(one)) === kid)
  if (known) throw new RangeError('a key that is listed already')
  const until = time + TOKEN_LIFETIME_SECONDS_MAX * 1000 + skewMs
  const kept = keys.retired.filter((one) => one.until > time)
  if (kept.length >= retiredMax) throw new RangeError(`${kept.length} keys that have not run out`)
  const retired = [...kept, { jwk: keys.current, until }]
  const { next } = keys
  return next === null
    ? { version: 1, current: jwk, next: null, retired }
    : { version: 1, current: next, next: jwk, retired }
}

/** The keys to publish at this time: the one that signs, the next one, and those whose tokens still hold. */
export function publishedKeys(keys: TokenKeys, time: number): PublicKey[] {
  const retired = keys.retired.filter(({ until }) => until > time)
  return listed({ ...keys, retired }).map((jwk) => keyOfJwk(jwk))
}

/** The JWKS document of these keys, each named by its thumbprint. RFC 7517, 5; RFC 7638. */
export function jwksOf(keys: readonly PublicKey[]): Uint8Array {
  const listed = keys.map((key) => ({
    ...signingJwk(key),
    alg: 'ES256',
    kid: thumbprintOf(key),
    use: 'sig',
  }))
  return encodeCanonical({ keys: listed })
}

/**
 * The keys of a JWKS document that sign with ES256; others in it are left out. At most 64 kB, 64 keys.
 * @throws {MalformedError} no JWKS, or a key in it on P-256 that is none.
 */
export function parseJwks(bytes: Uint8Array): PublicKey[] {
  const { keys } = within('JWKS', () => parseJson(bytes, jwksShape, { max: bytesMax }))
  return keys.filter((jwk) => jwk.crv === 'P-256').map((jwk) => keyIn(jwk))
}

/**
 * The issuer's discovery document: where its keys are. OpenID Connect Discovery 1.0, 3, with what a
 * service that only issues attestation tokens can say.
 * @param issuer a URL without a slash at its end.
 * @throws {RangeError} no such URL.
 */
export function discoveryDocumentOf(issuer: string): Uint8Array {
  if (!/^https:\/\/[^\s?#]*[^\s?#/]$/.test(issuer))
    throw new RangeError('an issuer is an https URL')
  return encodeCanonical({
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    claims_supported: ['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'eat_nonce', 'cnf', 'submods'],
    id_token_signing_alg_values_supported: ['ES256'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
  })
}

/** Reads keys that were stored. @throws {MalformedError} another version, or a key that cannot sign. */
export function parseTokenKeys(bytes: Uint8Array): TokenKeys {
  return within('TokenKeys', () => parseJson(bytes, shape, { max: bytesMax }))
}

function listed({ current, next, retired }: TokenKeys): Jwk[] {
  return [current, ...(next === null ? [] : [next]), ...retired.map(({ jwk }) => jwk)]
}

function signingJwk(key: PublicKey): Jwk & { readonly kty: 'EC' } {
  const jwk = jwkOf(key)
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256') throw new RangeError('ES256 wants a P-256 key')
  return jwk
}

const coordinate = string({ max: 43, pattern: /^[A-Za-z0-9_-]{43}$/ })
const signing: Shape<Jwk> = (value) => {
  const { kty, crv, x, y } = object({
    kty: string({ max: 2, pattern: /^EC$/ }),
    crv: string({ max: 5, pattern: /^P-256$/ }),
    x: coordinate,
    y: coordinate,
  })(value)
  return jwkOf(keyIn({ kty, crv, x, y }))
}

/** A key that cannot be used is a document that cannot be read. */
function keyIn(jwk: unknown): PublicKey {
  try {
    return keyOfJwk(jwk)
  } catch (e) {
    if (!(e instanceof CryptoError)) throw e
    throw new MalformedError('jwk', 0, e.message, { cause: e })
  }
}

const shape: Shape<TokenKeys> = object({
  version: oneOf(1),
  current: signing,
  next: nullable(signing),
  retired: array(object({ jwk: signing, until: integer({ min: 0, max: 2 ** 52 }) }), {
    max: retiredMax,
  }),
})

const anyKey = record(/^/, (value) => value, { max: 32 })
const jwksShape = object({ keys: array(anyKey, { max: 64 }) })
