/**
 * What the cryptography of this package refuses.
 * - `AEAD_REFUSED`: a sealed box that was not made with this key, nonce and associated data.
 * - `KEY_UNSUPPORTED`: a key of a kind or size this package does not take.
 */
export type CryptoErrorCode = 'AEAD_REFUSED' | 'KEY_UNSUPPORTED'

/** The world's fault, with a stable code; never holds a secret. */
export class CryptoError extends Error {
  readonly code: CryptoErrorCode

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CryptoError'
    this.code = code
  }
}
