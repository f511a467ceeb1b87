import { encode, toUtf8, u32be } from '@trusted-launch/codec'
import { digest, hmac } from './digest.ts'
import { DIGEST_SIZE, type HashName } from './hash-name.ts'

const bytesMax = 1024

/**
 * A TPM's KDFa: `bytes` of key material out of a key, HMAC in counter mode.
 * @param label without its terminating zero: that is added.
 * @throws {RangeError} no bytes, or more than 1024.
 * @see TPM 2.0 Part 1, 11.4.10.2; NIST SP 800-108
 */
export function kdfa(
  hash: HashName,
  key: Uint8Array,
  label: string,
  context: { readonly u?: Uint8Array; readonly v?: Uint8Array },
  bytes: number,
): Uint8Array {
  const { u = none, v = none } = context
  const tail = [toUtf8(`${label}\0`), u, v, encode(u32be, bytes * 8)]
  return blocks(hash, bytes, (counter) => hmac(hash, key, counter, ...tail))
}

/**
 * A TPM's KDFe: key material out of the x-coordinate that two keys of a curve agree upon.
 * @param parties the x-coordinates: the ephemeral key's, then the static key's.
 * @throws {RangeError} no bytes, or more than 1024.
 * @see TPM 2.0 Part 1, 11.4.10.3; NIST SP 800-56A
 */
export function kdfe(
  hash: HashName,
  z: Uint8Array,
  label: string,
  parties: { readonly u: Uint8Array; readonly v: Uint8Array },
  bytes: number,
): Uint8Array {
  const tail = [z, toUtf8(`${label}\0`), parties.u, parties.v]
  return blocks(hash, bytes, (counter) => digest(hash, counter, ...tail))
}

const none = new Uint8Array()

function blocks(
  hash: HashName,
  bytes: number,
  block: (counter: Uint8Array) => Uint8Array,
): Uint8Array {
  if (!(bytes >= 1 && bytes <= bytesMax)) throw new RangeError(`${bytes} bytes of key material`)
  const made = new Uint8Array(bytes)
  const size = DIGEST_SIZE[hash]
  for (let at = 0; at < bytes; at += size)
    made.set(block(encode(u32be, at / size + 1)).subarray(0, bytes - at), at)
  return made
}
