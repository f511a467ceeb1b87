import {
  digestHex,
  ecdsaSignature,
  fromBase64url,
  type PublicKey,
  rawEcdsaSignature,
  type SigningKey,
  textToBase64url,
  textToUtf8,
  thumbprintOf,
  toBase64url,
  verifySignature,
} from '@trusted-launch/crypto'
import { formatCanonical } from '../canonical-json.ts'
import type { AttestationResult } from '../result.ts'
import { claimsOfToken } from './token-claims.ts'

/** Signs bytes with ES256: the two numbers, 32 bytes each. RFC 7518, 3.4. */
export type SignToken = (message: Uint8Array) => Uint8Array

/** Who issues a token, for whom, and for how long it holds. */
export interface TokenIssuer {
  /** A URL: its `/.well-known/openid-configuration` leads to the keys. */
  readonly issuer: string
  /** Whom it is for; null: for nobody in particular. */
  readonly audience: string | null
  /** From 1 to `TOKEN_LIFETIME_SECONDS_MAX`. */
  readonly lifetimeSeconds: number
  /** The signer's public key, on P-256: its thumbprint is the token's `kid`. */
  readonly key: PublicKey
}

/** A token says what was true of one boot: an hour is long, a day the most. */
export const TOKEN_LIFETIME_SECONDS_MAX = 86_400
/** At most so long is a token, all three parts; a usual one has a fifth of it. */
export const TOKEN_CHARS_MAX = 32 * 1024
const numberBytes = 32

/** ES256 by a P-256 key. @throws {RangeError} another key. */
export function signTokensWith(key: SigningKey): SignToken {
  if (key.publicKey.curve !== 'P-256') throw new RangeError('ES256 wants a P-256 key')
  return (message) =>
    rawEcdsaSignature(key.sign({ scheme: 'ecdsa', hash: 'sha256' }, message), numberBytes)
}

/**
 * A result as a token: a JWT with EAR's claims and Azure's beside them, signed with ES256.
 * @param recordSha256 of the whole appraisal record, hexadecimal.
 * @param timeMs when it is issued, in milliseconds since 1970. Long after the evidence it says less: what
 *   the quote covered for a relying party is left out, since it is fresh no more.
 * @throws {RangeError} a lifetime that is none, or longer than a token may hold.
 * @see draft-ietf-rats-ear; RFC 7519; RFC 7800
 */
export function tokenOf(
  result: AttestationResult,
  recordSha256: string,
  timeMs: number,
  issuer: TokenIssuer,
  sign: SignToken,
): string {
  const signed = signedText(result, recordSha256, timeMs, issuer)
  return `${signed}.${toBase64url(sign(textToUtf8(signed)))}`
}

/** What the signature of `tokenOf` is over: header and claims, a function of the arguments only. */
export function signedText(
  result: AttestationResult,
  recordSha256: string,
  timeMs: number,
  issuer: TokenIssuer,
): string {
  const { lifetimeSeconds, key } = issuer
  const sound = Number.isSafeInteger(lifetimeSeconds) && lifetimeSeconds > 0
  if (!sound || lifetimeSeconds > TOKEN_LIFETIME_SECONDS_MAX)
    throw new RangeError(`a token of ${lifetimeSeconds} seconds`)
  const claims = claimsOfToken(result, recordSha256, timeMs, issuer)
  return `${headerOf(key)}.${textToBase64url(formatCanonical(claims))}`
}

const headers = new WeakMap<PublicKey, string>()

/** The same for all tokens of a key. */
function headerOf(key: PublicKey): string {
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = { alg: 'ES256', kid: thumbprintOf(key), typ: 'JWT' }
  const text = textToBase64url(formatCanonical(header))
  headers.set(key, text)
  return text
}

/** Whether this key signed the token. It says nothing of the token's claims, nor of its dates. */
export function isSignedBy(token: string, key: PublicKey): boolean {
  const end = token.lastIndexOf('.')
  const signature = bytesOf(token.slice(end + 1))
  if (end < 0 || signature?.length !== 2 * numberBytes || key.curve !== 'P-256') return false
  const [r, s] = [signature.subarray(0, numberBytes), signature.subarray(numberBytes)]
  const scheme = { scheme: 'ecdsa', hash: 'sha256' } as const
  return verifySignature(key, scheme, textToUtf8(token.slice(0, end)), ecdsaSignature({ r, s }))
}

function bytesOf(text: string): Uint8Array | null {
  try {
    return fromBase64url(text)
  } catch {
    return null
  }
}

/** SHA-256, hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return digestHex('sha256', bytes)
}
