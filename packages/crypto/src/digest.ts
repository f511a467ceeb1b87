import { createHash, createHmac, hash as hashOnce } from 'node:crypto'
import { concat } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from './hash-name.ts'

/** Below this many bytes parts are joined: calls of the library cost more than the copy. */
const joinedBytesMax = 65_536

/** The hash of the parts one after the other. FIPS 180-4. */
export function digest(hash: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = new Uint8Array(DIGEST_SIZE[hash])
  put(value, digestText(hash, ...parts))
  return value
}

/** The same as text, one character a byte: what maps are keyed with. */
export function digestText(hash: HashName, ...parts: readonly Uint8Array[]): string {
  return hashed(hash, parts, 'binary')
}

/** The same in lowercase hexadecimal. */
export function digestHex(hash: HashName, ...parts: readonly Uint8Array[]): string {
  return hashed(hash, parts, 'hex')
}

/** The hash of a text in UTF-8, in lowercase hexadecimal. */
export function hexDigestOfText(hash: HashName, text: string): string {
  return hashOnce(hash, text, 'hex')
}

/** As text: several times faster than the library's buffers. */
function hashed(hash: HashName, parts: readonly Uint8Array[], as: 'binary' | 'hex'): string {
  if (parts.length === 1) return hashOnce(hash, parts[0]!, as)
  if (sizeOf(parts) <= joinedBytesMax) return hashOnce(hash, concat(...parts), as)
  const state = createHash(hash)
  for (const part of parts) state.update(part)
  return state.digest(as)
}

/** The keyed hash of the parts one after the other. RFC 2104. */
export function hmac(hash: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHmac(hash, key)
  for (const part of parts) state.update(part)
  return Uint8Array.from(state.digest())
}

/**
 * What a register holds that starts at `value` and is extended with these digests one after the other:
 * each time the hash of what it held and what is extended. TPM 2.0 Part 1, "Extend of a PCR".
 */
export function extendAll(
  hash: HashName,
  value: Uint8Array,
  digests: readonly Uint8Array[],
): Uint8Array {
  if (digests.length === 0) return value
  const size = DIGEST_SIZE[hash]
  const held = value.slice()
  let joined = new Uint8Array(2 * size)
  for (const each of digests) {
    if (joined.length !== size + each.length) joined = new Uint8Array(size + each.length)
    joined.set(held)
    joined.set(each, size)
    put(held, hashOnce(hash, joined, 'binary'))
  }
  return held
}

/** Whether `digest` is the hash of these bytes. */
export function isDigestOf(hash: HashName, bytes: Uint8Array, digest: Uint8Array): boolean {
  if (digest.length !== DIGEST_SIZE[hash]) return false
  const text = hashOnce(hash, bytes, 'binary')
  for (let i = 0; i < digest.length; i++) if (text.charCodeAt(i) !== digest[i]) return false
  return true
}

function put(to: Uint8Array, text: string): void {
  for (let i = 0; i < to.length; i++) to[i] = text.charCodeAt(i)
}

function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0
  for (let i = 0; i < parts.length; i++) size += parts[i]!.length
  return size
}
