import { MalformedError, Reader, within } from '@trusted-launch/codec'
import {
  DER,
  decodeSignedData,
  digest,
  type HashName,
  inside,
  type SignedData,
} from '@trusted-launch/crypto'
import { WIN_CERT_TYPE, WIN_CERTIFICATE } from './authenticated-variable.ts'
import { formatGuid, GUIDS } from './guid.ts'
import type { PeImage } from './pe.ts'

const SPC_INDIRECT_DATA = '1.3.6.1.4.1.311.2.1.4'
const signaturesMax = 16
const hashes: Readonly<Record<string, HashName>> = Object.freeze({
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
})

/**
 * The Authenticode digest of a PE file: what is signed, what db and dbx name, and what the firmware
 * extends into PCR 4. Steps as numbered in "Windows Authenticode Portable Executable Signature
 * Format", version 1.0, "Calculating the PE Image Hash".
 *
 * It covers neither the checksum nor the certificates, nor anything that only loading shows.
 */
export function authenticodeDigest(image: PeImage, hash: HashName): Uint8Array {
  return digest(hash, ...hashedParts(image))
}

function hashedParts(image: PeImage): Uint8Array[] {
  const { bytes, certificateEntryAt, certificateTable, sizeOfHeaders } = image
  // 1. Load the image header. 2. Initialize a hash context.
  // 3. Hash the image header from its base to just before the checksum.
  const parts = [bytes.subarray(0, image.checkSumAt)]
  // 4. Skip over the checksum, a field of 4 bytes.
  const afterCheckSum = image.checkSumAt + 4
  // 5. Hash from the end of the checksum to just before the certificate table's directory entry.
  // 6.-7. Skip that entry of 8 bytes; hash from its end to the end of the headers.
  if (certificateEntryAt === null) parts.push(bytes.subarray(afterCheckSum, sizeOfHeaders))
  else
    parts.push(
      bytes.subarray(afterCheckSum, certificateEntryAt),
      bytes.subarray(certificateEntryAt + 8, sizeOfHeaders),
    )
  // 8. SUM_OF_BYTES_HASHED starts as the size of the headers.
  let sumOfBytesHashed = sizeOfHeaders
  // 9.-10. List the sections, without those of no raw data, ordered by PointerToRawData.
  const sections = image.sections
    .filter(({ rawData }) => rawData.length > 0)
    .toSorted((a, b) => a.header.pointerToRawData - b.header.pointerToRawData)
  // 11.-13. Hash each section whole, and add its size.
  for (const { rawData } of sections) {
    parts.push(rawData)
    sumOfBytesHashed += rawData.length
  }
  // 14. Hash what the file has beyond those, without the certificate table (which is last).
  const end = certificateTable.offset
  if (sumOfBytesHashed < end) parts.push(bytes.subarray(sumOfBytesHashed, end))
  return parts
}

/** One signature of an image: the digest it states, and its PKCS#7. Decoding proves nothing. */
export interface AuthenticodeSignature {
  /** The hash that made `digest`. */
  readonly hash: HashName
  /** The digest of the image that the signer signed. */
  readonly digest: Uint8Array
  readonly signedData: SignedData
}

/** An entry of the certificate table that is no signature to this reader. */
export interface UnreadableSignature {
  readonly fault: 'unknown-type' | 'malformed'
  readonly reason: string
}

/** What the certificate table holds, in file order. */
export interface AuthenticodeSignatures {
  readonly signatures: readonly (AuthenticodeSignature | UnreadableSignature)[]
  /** False: bytes after the last entry. Firmware then refuses the image, whatever the signatures. */
  readonly wellFormed: boolean
}

/**
 * The signatures of an image, at most 16, in file order: entries of the certificate table stand at
 * multiples of 8 bytes. An entry that cannot be read keeps its place with the reason.
 * @see UEFI 2.10, 32.2.2; edk2, SecurityPkg/Library/DxeImageVerificationLib
 */
export function authenticodeSignatures(image: PeImage): AuthenticodeSignatures {
  const { offset, size } = image.certificateTable
  const from = new Reader(image.bytes.subarray(offset, offset + size), offset)
  const signatures: (AuthenticodeSignature | UnreadableSignature)[] = []
  while (from.remaining > 0 && signatures.length < signaturesMax) {
    try {
      const entry = WIN_CERTIFICATE.read(from)
      signatures.push(signatureOf(entry))
    } catch (e) {
      if (!(e instanceof MalformedError)) throw e
      return { signatures, wellFormed: false }
    }
    from.skip(Math.min((8 - (from.offset % 8)) % 8, from.remaining))
  }
  return { signatures, wellFormed: from.remaining === 0 }
}

function signatureOf(entry: WIN_CERTIFICATE): AuthenticodeSignature | UnreadableSignature {
  const pkcs7 = pkcs7Of(entry)
  if (pkcs7 === null)
    return { fault: 'unknown-type', reason: `0x${entry.wCertificateType.toString(16)}` }
  try {
    return readSignature(pkcs7)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return { fault: 'malformed', reason: e.message }
  }
}

function pkcs7Of({ wCertificateType, bCertificate }: WIN_CERTIFICATE): Uint8Array | null {
  if (wCertificateType === WIN_CERT_TYPE.PKCS_SIGNED_DATA) return withoutPadding(bCertificate)
  if (wCertificateType !== WIN_CERT_TYPE.EFI_GUID || bCertificate.length < 16) return null
  const type = formatGuid(bCertificate.subarray(0, 16))
  return type === GUIDS.EFI_CERT_TYPE_PKCS7_GUID ? withoutPadding(bCertificate.subarray(16)) : null
}

/** Signers round the entry up to 8 bytes with zeros inside it: DER says where the PKCS#7 ends. */
function withoutPadding(entry: Uint8Array): Uint8Array {
  const from = new Reader(entry)
  if (entry.length < 4 || entry[0] !== DER.SEQUENCE || entry[1] !== 0x82) return entry
  const end = 4 + from.view.getUint16(2, false)
  const padding = entry.subarray(end)
  return padding.length < 8 && padding.every((byte) => byte === 0) ? entry.subarray(0, end) : entry
}

/** SpcIndirectDataContent ::= SEQUENCE { data, messageDigest DigestInfo }: its content is given. */
function readSignature(pkcs7: Uint8Array): AuthenticodeSignature {
  const signedData = decodeSignedData(pkcs7)
  const { contentType, content } = signedData
  if (contentType !== SPC_INDIRECT_DATA || content === null)
    throw new MalformedError('SpcIndirectDataContent', 0, `content of type ${contentType}`)
  return within('SpcIndirectDataContent', () => {
    const fields = inside({ tag: DER.SEQUENCE, content, bytes: content, position: 0 })
    fields.next(DER.SEQUENCE)
    const info = fields.enter(DER.SEQUENCE)
    fields.finish()
    const hash = hashes[info.enter(DER.SEQUENCE).oid()]
    const value = info.next(DER.OCTET_STRING).content
    info.finish()
    if (hash === undefined) throw new MalformedError('digestAlgorithm', 0, 'not a known hash')
    return { hash, digest: value, signedData }
  })
}
