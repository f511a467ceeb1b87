import { createCipheriv } from 'node:crypto'
import { concat } from '@trusted-launch/codec'

/**
 * AES in cipher feedback, from an initialization vector of zeros: for keys that are used once only.
 * It hides, and protects from no change.
 * @param key 16 or 32 bytes.
 * @throws {RangeError} a key of another size.
 * @see NIST SP 800-38A, 6.3; TPM 2.0 Part 1, 11.4.8
 */
export function encryptCfb(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  if (key.length !== 16 && key.length !== 32)
    throw new RangeError(`a key of ${key.length} bytes where 16 or 32 must be`)
  const cipher = createCipheriv(`aes-${key.length * 8}-cfb`, key, new Uint8Array(16))
  return concat(cipher.update(plaintext), cipher.final())
}
