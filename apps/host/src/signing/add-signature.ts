import { concat, MalformedError } from '@trusted-launch/codec'
import type { SigningKey } from '@trusted-launch/crypto'
import {
  certificateList,
  decodePe,
  GUIDS,
  type ImageVerdict,
  type PeImage,
  verifyImage,
} from '@trusted-launch/uefi'
import { signImage } from '../images/sign-image.ts'

/** Who signs programs: an RSA key, and the certificate (DER) by which firmware knows it. */
export interface ProgramSigner {
  readonly certificate: Uint8Array
  readonly key: SigningKey
}

/** Bytes of a size that is a multiple of this stand before a certificate table. */
const alignment = 8

/**
 * A program with this signature behind those that it has: Authenticode, RSA, SHA-256. Null: firmware that trusts this
 * certificate alone starts it as it is.
 * @param file a PE program, at most 256 MiB.
 * @throws {MalformedError} no program, or one that firmware would not start with the signature either.
 * @see UEFI 2.10, 32.2.4: an image may have many, and one that is allowed is enough
 */
export function addSignature(file: Uint8Array, signer: ProgramSigner): Uint8Array | null {
  const image = decodePe(file)
  if (verdictOn(image, signer).allowed) return null
  if (image.certificateEntryAt === null)
    throw new MalformedError('PE', 0, 'no place for a signature')
  const signed = withSignature(image, image.certificateEntryAt, signer)
  const verdict = verdictOn(decodePe(signed), signer)
  if (verdict.allowed) return signed
  throw new MalformedError('PE', 0, `it cannot be signed: ${verdict.detail}`)
}

function withSignature(image: PeImage, entryAt: number, { certificate, key }: ProgramSigner) {
  const { offset } = image.certificateTable
  const bare = new Uint8Array(image.bytes.subarray(0, offset))
  bare.fill(0, entryAt, entryAt + 8)
  const alone = signImage(bare, certificate, key)
  const at = decodePe(alone).certificateTable.offset
  const before = image.bytes.subarray(offset)
  const padding = new Uint8Array((alignment - (before.length % alignment)) % alignment)
  const signed = concat(alone.subarray(0, at), before, padding, alone.subarray(at))
  new DataView(signed.buffer).setUint32(entryAt + 4, signed.length - at, true)
  return signed
}

/** Of firmware that trusts this certificate, and nobody else. */
function verdictOn(image: PeImage, { certificate }: ProgramSigner): ImageVerdict {
  const db = [certificateList(GUIDS.EFI_GLOBAL_VARIABLE, certificate)]
  return verifyImage(image, { db, dbx: [] })
}
