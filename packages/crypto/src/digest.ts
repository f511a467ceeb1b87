import { createHash, createHmac, hash as hashOnce } from 'node:crypto'
import { DIGEST_SIZE, type HashName } from './hash-name.ts'

/** Parts of up to so many bytes are joined: one call of the library costs less than several. */
const joinedBytesMax = 65_536
/** Where they are, until the library has hashed them: memory of their own would cost as much as the hash. */
const joined = new Uint8Array(joinedBytesMax)

/** The hash of the parts one after the other. FIPS 180-4. */
export function digest(hash: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = new Uint8Array(DIGEST_SIZE[hash])
  put(value, hashed(hash, parts, 'binary'), value.length)
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
  if (sizeOf(parts) <= joinedBytesMax) return hashOnce(hash, join(parts), as)
  const state = createHash(hash)
  for (const part of parts) state.update(part)
  return state.digest(as)
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (let i = 0; i < parts.length; i++) {
    joined.set(parts[i]!, size)
    size += parts[i]!.length
  }
  return joined.subarray(0, size)
}

/** The keyed hash of the parts one after the other. RFC 2104. */
export function hmac(hash: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHmac(hash, key)
  for (const part of parts) state.update(part)
  return Uint8Array.from(state.digest())
}

/**
 * A register that is extended: each time it holds the hash of what it held and what it is extended with.
 * TPM 2.0 Part 1, "Extend of a PCR".
 */
export class Register {
  readonly #hash: HashName
  /** What it holds, and behind it what it is extended with next. */
  #joined: Uint8Array

  constructor(hash: HashName, value: Uint8Array) {
    this.#hash = hash
    this.#joined = new Uint8Array(2 * DIGEST_SIZE[hash])
    this.#joined.set(value)
  }

  extend(digest: Uint8Array): void {
    const size = DIGEST_SIZE[this.#hash]
    if (this.#joined.length !== size + digest.length) {
      const held = this.value
      this.#joined = new Uint8Array(size + digest.length)
      this.#joined.set(held)
    }
    this.#joined.set(digest, size)
    put(this.#joined, hashOnce(this.#hash, this.#joined, 'binary'), size)
  }

  /** In memory of its own. */
  get value(): Uint8Array {
    return this.#joined.slice(0, DIGEST_SIZE[this.#hash])
  }

  holds(value: Uint8Array): boolean {
    if (value.length !== DIGEST_SIZE[this.#hash]) return false
    for (let i = 0; i < value.length; i++) if (value[i] !== this.#joined[i]) return false
    return true
  }
}

/** What a register that starts at `value` holds after these digests one after the other. */
export function extendAll(
  hash: HashName,
  value: Uint8Array,
  digests: readonly Uint8Array[],
): Uint8Array {
  if (digests.length === 0) return value
  const register = new Register(hash, value)
  for (const each of digests) register.extend(each)
  return register.value
}

/** Whether `digest` is the hash of these bytes. */
export function isDigestOf(hash: HashName, bytes: Uint8Array, digest: Uint8Array): boolean {
  if (digest.length !== DIGEST_SIZE[hash]) return false
  const text = hashOnce(hash, bytes, 'binary')
  for (let i = 0; i < digest.length; i++) if (text.charCodeAt(i) !== digest[i]) return false
  return true
}

function put(to: Uint8Array, text: string, size: number): void {
  for (let i = 0; i < size; i++) to[i] = text.charCodeAt(i)
}

function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0
  for (let i = 0; i < parts.length; i++) size += parts[i]!.length
  return size
}
