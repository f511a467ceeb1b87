import { concat } from '@trusted-launch/codec'
import type { HashName } from './hash-name.ts'
import { sha256 } from './sha256.ts'

export { DIGEST_SIZE, type HashName } from './hash-name.ts'

/**
 * The hash of the parts one after the other, where there is no library: SHA-256 only.
 * @throws {RangeError} another hash.
 */
export function digest(hash: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  if (hash !== 'sha256') throw new RangeError(`no ${hash} in a guest`)
  return sha256(parts.length === 1 ? parts[0]! : concat(...parts))
}
