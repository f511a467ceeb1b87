import { MalformedError } from '@trusted-launch/codec'
import { fromBase64url, type PublicKey, thumbprintOf } from '@trusted-launch/crypto'
import type { Json } from '../canonical-json.ts'
import { array, integer, object, oneOf, parseJson, type Shape, string } from '../json-shape.ts'
import type { Tier } from '../result.ts'
import { isSignedBy, TOKEN_CHARS_MAX, TOKEN_LIFETIME_SECONDS_MAX } from './token.ts'

/** What a relying party knows before it reads a token. */
export interface ExpectedToken {
  /** The issuer's keys, as its JWKS lists them: from a place that is believed, never from the token. */
  readonly keys: readonly PublicKey[]
  /** Null: any issuer that these keys speak for. */
  readonly issuer: string | null
  /** Null: a token for nobody in particular; one for somebody is refused. */
  readonly audience: string | null
  /** The nonce that was sent for a fresh quote; null: freshness is not asked for. */
  readonly nonce: string | null
  /** Milliseconds since 1970. */
  readonly time: number
}

/** Why a token is refused. */
export type TokenFaultCode =
  | 'token-malformed'
  | 'token-algorithm'
  | 'token-key-unknown'
  | 'token-signature'
  | 'token-issuer'
  | 'token-audience'
  | 'token-nonce'
  | 'token-not-yet'
  | 'token-expired'
  | 'token-lifetime'

/** A verdict on a token, not an error: what is wrong with it, in a sentence. */
export interface TokenFault {
  readonly fault: TokenFaultCode
  readonly reason: string
}

/** A token's claims: those that are always there, and whatever else it says. */
export interface TokenClaims {
  readonly [name: string]: Json | undefined
  readonly iss: string
  /** The VM. */
  readonly sub: string
  /** Seconds since 1970, as `nbf` and `exp`. */
  readonly iat: number
  readonly nbf: number
  readonly exp: number
  readonly ear_status: Tier
  /** RFC 3339: when the evidence was taken, which may be long before the token was issued. */
  readonly evidenceTime: string
}

/** Clocks differ by a little. */
const skewSeconds = 60
const secondsMax = 253_402_300_799

/** A token that its issuer signed, for this audience, in its time. Only `verify` makes one. */
export class VerifiedToken {
  readonly #proof = true
  readonly claims: TokenClaims

  private constructor(claims: TokenClaims) {
    this.claims = claims
  }

  /** Always true: what makes the type nominal. */
  get isVerified(): boolean {
    return this.#proof
  }

  /**
   * This verifies that: the token is a JWT signed with ES256 by the key that its `kid` names, out of those
   * that are believed; it is of this issuer and for this audience; it holds now, by a minute, and for no
   * more than a day; and, where a nonce is expected, that a fresh quote covered it.
   *
   * It does not prove that the verdict is good (`ear_status`), that the evidence is new when no nonce was
   * asked for (`evidenceTime`), nor that whoever shows the token holds the key in `cnf`.
   * @see RFC 7519, 7.2; RFC 8725
   */
  static verify(token: string, expected: ExpectedToken): VerifiedToken | TokenFault {
    const read = readToken(token, expected.keys)
    if ('fault' in read) return read
    return faultOfClaims(read.claims, expected) ?? new VerifiedToken(read.claims)
  }
}

/** The claims of a token that one of the keys signed, whatever they say. */
function readToken(
  token: string,
  keys: readonly PublicKey[],
): { readonly claims: TokenClaims } | TokenFault {
  // check 45
  if (token.length > TOKEN_CHARS_MAX) return fault('malformed', `${token.length} characters`)
  const [head, body, signature, ...more] = token.split('.')
  if (head === undefined || body === undefined || signature === undefined || more.length > 0)
    return fault('malformed', 'not the three parts of a JWT')
  try {
    const header = partOf(head, headerShape)
    // check 45
    if (header.alg !== 'ES256') return fault('algorithm', `signed with ${header.alg}, not ES256`)
    const key = keys.find((one) => thumbprintOf(one) === header.kid)
    if (key === undefined) return fault('key-unknown', `no key that is believed is ${header.kid}`)
    // check 45
    if (!isSignedBy(token, key)) return fault('signature', 'the signature does not hold')
    return { claims: partOf(body, claimsShape) }
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return fault('malformed', e.message)
  }
}

function faultOfClaims(claims: TokenClaims, expected: ExpectedToken): TokenFault | null {
  const { issuer, audience, nonce, time } = expected
  const now = Math.floor(time / 1000)
  const { iss, aud, iat, nbf, exp, eat_nonce } = claims
  // check 45
  if (issuer !== null && iss !== issuer) return fault('issuer', `issued by ${iss}, not ${issuer}`)
  // check 45
  if (!isFor(aud, audience)) return fault('audience', audienceReason(aud, audience))
  // check 45
  if (nonce !== null && eat_nonce !== nonce) return fault('nonce', nonceReason(eat_nonce))
  // check 45
  if (nbf > now + skewSeconds || iat > now + skewSeconds)
    return fault('not-yet', `it holds from ${Math.max(nbf, iat)} on, in seconds since 1970`)
  // check 45
  if (exp <= now - skewSeconds)
    return fault('expired', `it held until ${exp}, in seconds since 1970`)
  // check 45
  if (exp <= iat || exp - iat > TOKEN_LIFETIME_SECONDS_MAX)
    return fault('lifetime', `it is to hold for ${exp - iat} seconds`)
  return null
}

/** One that is for somebody is for nobody else: whoever got it may not pass it on. RFC 7519, 4.1.3. */
function isFor(aud: Json | undefined, audience: string | null): boolean {
  if (aud === undefined) return audience === null
  return audience !== null && (Array.isArray(aud) ? aud.includes(audience) : aud === audience)
}

function audienceReason(aud: Json | undefined, audience: string | null): string {
  const wanted = audience === null ? 'no audience was named' : `not for ${audience}`
  return aud === undefined
    ? `it is for nobody in particular, ${wanted}`
    : `it is for ${aud}: ${wanted}`
}

function nonceReason(nonce: Json | undefined): string {
  return nonce === undefined ? 'no fresh quote covers a nonce' : 'a quote covers another nonce'
}

function fault(code: string, reason: string): TokenFault {
  return { fault: `token-${code}` as TokenFaultCode, reason }
}

const headerShape = object(
  { alg: string({ max: 16 }), kid: string({ max: 64, pattern: /^[A-Za-z0-9_-]+$/ }) },
  // `crit` and everything else that would change what a signature means is an unknown name
  { typ: oneOf('JWT', 'jwt') },
)

const seconds = integer({ min: 0, max: secondsMax })
const always = {
  iss: string({ max: 512 }),
  sub: string({ max: 256 }),
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  ear_status: oneOf('none', 'affirming', 'warning', 'contraindicated'),
  evidenceTime: string({ max: 64, pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ }),
}
const audiences = array(string({ max: 512 }), { max: 16 })

/** The claims that are judged by their shape, the others as they are. RFC 7519, 4: unknown ones are ignored. */
const claimsShape: Shape<TokenClaims> = (value) => {
  const given = anObject(value)
  const judged = Object.fromEntries(Object.keys(always).map((name) => [name, given[name]]))
  for (const name of Object.keys(always))
    if (judged[name] === undefined) throw new MalformedError(name, 0, 'missing')
  const { aud } = given
  if (aud !== undefined && typeof aud !== 'string') audiences(aud)
  return { ...given, ...object(always)(judged) } as TokenClaims
}

function anObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedError('claims', 0, 'not an object')
  return value as Record<string, unknown>
}

function partOf<T>(text: string, shape: Shape<T>): T {
  return parseJson(fromBase64url(text), shape, { max: TOKEN_CHARS_MAX })
}
