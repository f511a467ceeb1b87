import { decodeAppendedSignature } from '@trusted-launch/crypto'

/**
 * A signed kernel module without its signature: sound, and refused by a locked-down kernel.
 * @throws {RangeError} the module is not signed. @throws {MalformedError} not by what the kernel knows.
 */
export function withoutSignature(module: Uint8Array): Uint8Array {
  const signed = decodeAppendedSignature(module)
  if (signed === null) throw new RangeError('the module has no signature')
  return signed.content.slice()
}
