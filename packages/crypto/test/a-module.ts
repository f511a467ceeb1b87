import { concat, toUtf8 } from '@trusted-launch/codec'

/** A file with a signature behind it, as scripts/sign-file puts it. */
export function appended(content: Uint8Array, signature: Uint8Array, idType = 2): Uint8Array {
  const descriptor = new Uint8Array(12)
  descriptor[2] = idType
  new DataView(descriptor.buffer).setUint32(8, signature.length)
  return concat(content, signature, descriptor, toUtf8('~Module signature appended~\n'))
}
