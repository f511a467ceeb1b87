import { toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const LENGTH = 13
const [C1, C2] = [0x239b961b, 0xab0e9789]

/**
 * What Azure's `uniqueString` gives for these texts: 13 letters and digits, the same for the same ones. A hash to tell
 * names apart, not a secret and no proof of anything.
 */
export function uniqueString(...parts: readonly string[]): string {
  let hash = murmur64(toUtf8(parts.join('-')))
  let text = ''
  for (let i = 0; i < LENGTH; i++) {
    text += LETTERS[Number(hash >> 59n)]
    hash = BigInt.asUintN(64, hash << 5n)
  }
  return text
}

/** MurmurHash3 in its form with two words of 32 bits, seed 0. */
function murmur64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let [h1, h2] = [0, 0]
  let at = 0
  for (; at + 7 < bytes.length; at += 8) {
    h1 ^= mixed(view.getUint32(at, true), C1, 15, C2)
    h1 = (Math.imul((rotated(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= mixed(view.getUint32(at + 4, true), C2, 17, C1)
    h2 = (Math.imul((rotated(h2, 13) + h1) | 0, 5) + 0x0bcaa747) | 0
  }
  const rest = bytes.length - at
  if (rest > 0) h1 ^= mixed(word(bytes, at), C1, 15, C2)
  if (rest > 4) h2 ^= mixed(word(bytes, at + 4), C2, 17, C1)
  h1 ^= bytes.length
  h2 ^= bytes.length
  h1 = (h1 + h2) | 0
  h2 = (h2 + h1) | 0
  h1 = finished(h1)
  h2 = finished(h2)
  h1 = (h1 + h2) | 0
  h2 = (h2 + h1) | 0
  return (BigInt(h2 >>> 0) << 32n) | BigInt(h1 >>> 0)
}

/** The bytes that are left there, up to four, the lowest first. */
function word(bytes: Uint8Array, at: number): number {
  return [0, 1, 2, 3].reduce((sum, i) => sum | ((bytes[at + i] ?? 0) << (8 * i)), 0)
}

const rotated = (value: number, by: number) => (value << by) | (value >>> (32 - by))
const mixed = (value: number, a: number, by: number, b: number) =>
  Math.imul(rotated(Math.imul(value, a), by), b)

function finished(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The namespace of Azure's `guid`. */
const NAMESPACE = '11fb06fb712d4ddd98c7e71bbd588830'

/** What Azure's `guid` gives for these texts: a version 5 UUID. RFC 9562 §5.5 */
export function guidOf(...parts: readonly string[]): string {
  const namespace = Uint8Array.from(NAMESPACE.match(/../g)!, (byte) => Number.parseInt(byte, 16))
  return uuid(digest('sha1', namespace, toUtf8(parts.join('-'))), 5)
}

/** A UUID out of a digest. RFC 9562 §4 */
export function uuid(of: Uint8Array, version: number): string {
  const bytes = of.slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4)
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
