import { timingSafeEqual } from 'node:crypto'

/**
 * Same length, same bytes: by the library, forty times as fast as the codec's `equalBytes` for a log, and slower
 * for a digest. Not for secrets: `sameSecret`.
 */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

/**
 * Same length, same bytes, in time by the length alone: what was drawn for one answer is told to nobody by how soon
 * another is refused.
 */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
