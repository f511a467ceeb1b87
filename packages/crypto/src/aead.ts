import { createCipheriv, createDecipheriv } from 'node:crypto'
import { concat } from '@trusted-launch/codec'
import { CryptoError } from './errors.ts'

/** What a box is sealed with. `nonce` is used once only with a key: the caller draws it. */
export interface AeadParameters {
  /** 32 bytes. */
  readonly key: Uint8Array
  /** 12 bytes. */
  readonly nonce: Uint8Array
  /** Not hidden, but bound: another value opens nothing. */
  readonly associatedData: Uint8Array
}

const tagBytes = 16

/** AES-256-GCM: the ciphertext, then its 16-byte tag. NIST SP 800-38D. */
export function seal(parameters: AeadParameters, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', ...checked(parameters), { authTagLength: tagBytes })
  cipher.setAAD(parameters.associatedData)
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/**
 * What `seal` closed with the same parameters.
 * @throws {CryptoError} `AEAD_REFUSED`: another key, nonce or associated data, or changed bytes.
 */
export function open(parameters: AeadParameters, sealed: Uint8Array): Uint8Array {
  const given = checked(parameters)
  if (sealed.length < tagBytes) throw refused()
  const decipher = createDecipheriv('aes-256-gcm', ...given, { authTagLength: tagBytes })
  decipher.setAAD(parameters.associatedData)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
  try {
    return concat(plaintext, decipher.final())
  } catch {
    throw refused()
  }
}

function checked({ key, nonce }: AeadParameters): [Uint8Array, Uint8Array] {
  if (key.length !== 32) throw new RangeError(`a key of ${key.length} bytes where 32 must be`)
  if (nonce.length !== 12) throw new RangeError(`a nonce of ${nonce.length} bytes where 12 must be`)
  return [key, nonce]
}

function refused(): CryptoError {
  return new CryptoError('AEAD_REFUSED', 'not sealed with this key, nonce and associated data')
}
