import {
  bytes,
  checked,
  decode,
  equalBytes,
  fromLatin1,
  MalformedError,
  struct,
  u8,
  u32be,
  within,
} from '@trusted-launch/codec'
import { decodeSignedData, type SignedData } from './cms.ts'

const MAGIC = fromLatin1('~Module signature appended~\n')
const PKEY_ID_PKCS7 = 2

const zeros = (size: number) =>
  checked(bytes(size), (value) => (value.every((byte) => byte === 0) ? null : 'not zeros'))

/** What stands between a signature and its magic. Linux, include/linux/module_signature.h. */
const module_signature = struct('module_signature', {
  algo: zeros(1),
  hash: zeros(1),
  idType: checked(u8, (type) => (type === PKEY_ID_PKCS7 ? null : `${type}, not PKCS #7`)),
  signerLen: zeros(1),
  keyIdLen: zeros(1),
  pad: zeros(3),
  sigLen: u32be,
})
const DESCRIPTOR_BYTES = 12

/** A file and the signature that stands behind it, as `scripts/sign-file` puts it behind a kernel module. */
export interface AppendedSignature {
  /** What is signed: the file without signature. */
  readonly content: Uint8Array
  readonly signedData: SignedData
}

/**
 * The signature behind a kernel module; null: none is. Decoding proves nothing: which keys are trusted is the
 * kernel's to know. @throws {MalformedError} what is appended is no signature by PKCS #7.
 * @see Linux, Documentation/admin-guide/module-signing.rst; kernel/module_signature.c
 */
export function decodeAppendedSignature(module: Uint8Array): AppendedSignature | null {
  const magicAt = module.length - MAGIC.length
  if (magicAt < 0 || !equalBytes(module.subarray(magicAt), MAGIC)) return null
  return within('AppendedSignature', () => {
    const at = magicAt - DESCRIPTOR_BYTES
    if (at < 0) throw new MalformedError('', 0, 'nothing before the magic')
    const { sigLen } = decode(module_signature, module.subarray(at, magicAt))
    if (sigLen > at) throw new MalformedError('sigLen', at, 'longer than the module')
    const signedData = decodeSignedData(module.subarray(at - sigLen, at))
    return { content: module.subarray(0, at - sigLen), signedData }
  })
}
