import { equalBytes } from '@trusted-launch/codec'

const magic = new TextEncoder().encode('~Module signature appended~\n')
const descriptorBytes = 12

/**
 * A signed kernel module without its signature: sound, and refused by a locked-down kernel. After the
 * module come the signature, a `struct module_signature` and the magic (scripts/sign-file.c).
 * @throws {RangeError} the module is not signed.
 */
export function withoutSignature(module: Uint8Array): Uint8Array {
  const end = module.length - magic.length
  if (end < descriptorBytes || !equalBytes(module.subarray(end), magic))
    throw new RangeError('the module has no signature')
  const size = new DataView(module.buffer, module.byteOffset + end - 4, 4).getUint32(0)
  if (size > end - descriptorBytes) throw new RangeError('the signature is longer than the module')
  return module.slice(0, end - descriptorBytes - size)
}
