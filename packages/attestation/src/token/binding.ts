import { NONCE_BYTES } from '@trusted-launch/channel'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { CryptoError, digest, keyOfJwk } from '@trusted-launch/crypto'
import { formatCanonical, type Json } from '../canonical-json.ts'

/**
 * What a quote is asked to cover for a relying party: a key that the token is to be bound to, a nonce of
 * the relying party's own, or both.
 *
 * The guest's TPM signs any nonce it is sent: a binding proves that this key was named when this VM was
 * asked, not that the VM holds it. Whoever asks takes the key from the VM itself, and a relying party has
 * its holder prove possession (RFC 7800, 4).
 */
export interface TokenBinding {
  /** A public JWK as canonical JSON (RFC 8785), at most 4096 characters; null: no key. */
  readonly jwk: string | null
  /** 32 random bytes of the verifier's: without them the relying party could choose what is quoted. */
  readonly serviceNonce: Uint8Array
  /** The relying party's nonce, as it gave it: 8 to 88 printable ASCII characters (RFC 9711, 4.1); null: none. */
  readonly nonce: string | null
}

/** Part of the nonce of a question; the rest of a binding is what the token says. */
const jwkCharsMax = 4096
const noncePattern = /^[!-~]{8,88}$/
const bitsMin = 2048

/**
 * The nonce to quote: SHA-256(JWK ‖ 0x00 ‖ service nonce ‖ relying party's nonce), in UTF-8. No other
 * binding gives the same bytes: canonical JSON has no zero byte, and the service nonce one length.
 * @throws {RangeError} a binding that cannot be quoted, saying why.
 */
export function boundNonce(binding: TokenBinding): Uint8Array {
  const fault = faultOfBinding(binding)
  if (fault !== null) throw new RangeError(fault)
  const { jwk, serviceNonce, nonce } = binding
  return digest('sha256', toUtf8(jwk ?? ''), Uint8Array.of(0), serviceNonce, toUtf8(nonce ?? ''))
}

/** Why a binding cannot be quoted; null: it can. */
export function faultOfBinding({ jwk, serviceNonce, nonce }: TokenBinding): string | null {
  if (serviceNonce.length !== NONCE_BYTES) return `a service nonce of ${serviceNonce.length} bytes`
  if (jwk === null && nonce === null) return 'neither a key nor a nonce is bound'
  if (nonce !== null && !noncePattern.test(nonce)) return 'a nonce that is not 8 to 88 characters'
  return jwk === null ? null : faultOfJwk(jwk)
}

/** The key that is bound, as JSON. */
export function boundKey(jwk: string): Json {
  return JSON.parse(jwk) as Json
}

function faultOfJwk(jwk: string): string | null {
  if (jwk.length > jwkCharsMax) return `a key of ${jwk.length} characters`
  try {
    const value: unknown = JSON.parse(jwk)
    if (formatCanonical(value as Json) !== jwk) return 'a key that is not canonical JSON'
    const key = keyOfJwk(value)
    return key.kind === 'rsa' && key.bits < bitsMin ? `an RSA key of ${key.bits} bits` : null
  } catch (e) {
    const foreseen =
      e instanceof SyntaxError ||
      e instanceof RangeError ||
      e instanceof MalformedError ||
      e instanceof CryptoError
    if (!foreseen) throw e
    return `a key that is none: ${e.message}`
  }
}
