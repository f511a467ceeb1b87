/**
 * Same length, same bytes: by the library, forty times as fast as the codec's `equalBytes` for a log, and slower
 * for a digest. Not for secrets.
 */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
