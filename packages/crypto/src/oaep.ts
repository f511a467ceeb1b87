import { constants, publicEncrypt } from 'node:crypto'
import { concat, encode, u32be } from '@trusted-launch/codec'
import { digest } from './digest.ts'
import { CryptoError } from './errors.ts'
import { DIGEST_SIZE, type HashName } from './hash-name.ts'
import type { PublicKey } from './public-key.ts'

/** What a message is padded with. */
export interface OaepParameters {
  readonly hash: HashName
  /** Bound to the message; a TPM's ends in a zero byte. */
  readonly label: Uint8Array
  /** As many random bytes as the hash has: used once, drawn by the caller. */
  readonly seed: Uint8Array
}

/**
 * RSAES-OAEP: only who has the private half of `key` reads `message`.
 * @throws {CryptoError} `KEY_UNSUPPORTED`: not an RSA key, or one that does not work.
 * @throws {RangeError} a seed of another size, or a message longer than the key can take.
 * @see RFC 8017, 7.1.1
 */
export function encryptOaep(
  key: PublicKey,
  { hash, label, seed }: OaepParameters,
  message: Uint8Array,
): Uint8Array {
  const object = key.kind === 'rsa' ? key.object : null
  if (object === null) throw new CryptoError('KEY_UNSUPPORTED', `OAEP to a key of ${key.kind}`)
  const size = DIGEST_SIZE[hash]
  if (seed.length !== size) throw new RangeError(`a seed of ${seed.length} bytes, not ${size}`)
  const room = Math.ceil(key.bits / 8) - 2 * size - 2
  if (message.length > room) throw new RangeError(`${message.length} bytes, more than ${room}`)
  const padding = new Uint8Array(room - message.length)
  const block = concat(digest(hash, label), padding, Uint8Array.of(1), message)
  const maskedBlock = masked(hash, block, seed)
  const whole = concat(Uint8Array.of(0), masked(hash, seed, maskedBlock), maskedBlock)
  return Uint8Array.from(publicEncrypt({ key: object, padding: constants.RSA_NO_PADDING }, whole))
}

/** MGF1 of `from` laid over the bytes. B.2.1. */
function masked(hash: HashName, bytes: Uint8Array, from: Uint8Array): Uint8Array {
  const mask = new Uint8Array(bytes.length)
  const size = DIGEST_SIZE[hash]
  for (let at = 0; at < mask.length; at += size)
    mask.set(digest(hash, from, encode(u32be, at / size)).subarray(0, mask.length - at), at)
  return mask.map((byte, i) => byte ^ bytes[i]!)
}
