import { concat, fromHex } from '@trusted-launch/codec'
import {
  Certificate,
  contextTag,
  DER,
  der,
  derOid,
  derUnsigned,
  digest,
  type SigningKey,
} from '@trusted-launch/crypto'
import { authenticodeDigest, decodePe } from '@trusted-launch/uefi'

const oid = {
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256: '2.16.840.1.101.3.4.2.1',
  indirectData: '1.3.6.1.4.1.311.2.1.4',
  peImageData: '1.3.6.1.4.1.311.2.1.15',
}
const sequence = (...parts: Uint8Array[]) => der(DER.SEQUENCE, ...parts)
const set = (...parts: Uint8Array[]) => der(DER.SET, ...parts)
const algorithm = (id: string) => sequence(derOid(id), der(DER.NULL))
const version1 = derUnsigned(Uint8Array.of(1))

/**
 * Signs a PE file for Secure Boot: Authenticode, RSA-2048 or more, SHA-256, without a signing time, so
 * that the same file and key give the same bytes (sbsign(1) writes the time of day into it).
 * @see Microsoft, "Windows Authenticode Portable Executable Signature Format"; UEFI 2.10, 32.2.4
 */
export function signImage(file: Uint8Array, certificate: Uint8Array, key: SigningKey): Uint8Array {
  const padded = concat(file, new Uint8Array((8 - (file.length % 8)) % 8))
  const image = decodePe(padded)
  if (image.certificateEntryAt === null || image.certificateTable.size !== 0)
    throw new RangeError('the image has a signature, or no place for one')
  const signature = signedData(authenticodeDigest(image, 'sha256'), certificate, key)
  const length = 8 + signature.length
  const tableBytes = Math.ceil(length / 8) * 8
  const signed = concat(padded, new Uint8Array(tableBytes))
  const view = new DataView(signed.buffer)
  view.setUint32(padded.length, length, true)
  view.setUint16(padded.length + 4, 0x0200, true)
  view.setUint16(padded.length + 6, 0x0002, true)
  signed.set(signature, padded.length + 8)
  view.setUint32(image.certificateEntryAt, padded.length, true)
  view.setUint32(image.certificateEntryAt + 4, tableBytes, true)
  return signed
}

/** RFC 2315 (PKCS #7 1.5), section 9, with SpcIndirectDataContent inside. */
function signedData(imageDigest: Uint8Array, certificate: Uint8Array, key: SigningKey): Uint8Array {
  const link = der(contextTag(0), der(contextTag(2), der(contextTag(0, false))))
  const data = sequence(derOid(oid.peImageData), sequence(fromHex('030100'), link))
  const info = sequence(algorithm(oid.sha256), der(DER.OCTET_STRING, imageDigest))
  const attributes = concat(
    sequence(derOid(oid.contentType), set(derOid(oid.indirectData))),
    sequence(derOid(oid.messageDigest), set(der(DER.OCTET_STRING, digest('sha256', data, info)))),
  )
  const signature = key.sign({ scheme: 'rsassa', hash: 'sha256' }, set(attributes))
  const { issuerDer, serial } = Certificate.decode(certificate)
  const signer = sequence(
    version1,
    sequence(issuerDer, derUnsigned(fromHex(serial))),
    algorithm(oid.sha256),
    der(contextTag(0), attributes),
    algorithm(oid.rsaEncryption),
    der(DER.OCTET_STRING, signature),
  )
  const content = sequence(derOid(oid.indirectData), der(contextTag(0), sequence(data, info)))
  const signed = sequence(
    version1,
    set(algorithm(oid.sha256)),
    content,
    der(contextTag(0), certificate),
    set(signer),
  )
  return sequence(derOid(oid.signedData), der(contextTag(0), signed))
}
