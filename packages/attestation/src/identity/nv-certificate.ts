import { MalformedError } from '@trusted-launch/codec'

const headerBytes = 7
/** TCG_PCCLIENT_STORED_CERT with tag and type, and TCG_FULL_CERT. PC Client Implementation 1.21, 7.4.5. */
const storedCertificate = [0x10, 0x01, 0x00]
const fullCertificate = [0x10, 0x02]

/**
 * A certificate out of a TPM's NV index: what stands before it (the 7-byte header of older TPMs) and
 * what fills the index behind it (zeros, or ones) is taken off. What is between is not judged.
 * @throws {MalformedError} a header that does not fit, or something else behind the certificate.
 * @see TCG EK Credential Profile 2.6, 2.2.1.5
 */
export function certificateInIndex(bytes: Uint8Array): Uint8Array {
  const content = starts(bytes, 0, storedCertificate) ? withoutHeader(bytes) : bytes
  const size = sizeOfSequence(content)
  const behind = content.subarray(size)
  const filler = behind[0]
  if (filler !== undefined && filler !== 0 && filler !== 0xff)
    throw new MalformedError('', size, 'something behind the certificate')
  if (behind.some((byte) => byte !== filler))
    throw new MalformedError('', size, 'something behind the certificate')
  return content.subarray(0, size)
}

function withoutHeader(bytes: Uint8Array): Uint8Array {
  const size = (bytes[3] ?? 0) * 256 + (bytes[4] ?? 0)
  // The size counts the tag behind it.
  if (!starts(bytes, 5, fullCertificate) || size < 2 || bytes.length < headerBytes + size - 2)
    throw new MalformedError('', 0, 'a header that is not of a full certificate')
  const behind = bytes.subarray(headerBytes + size - 2)
  if (behind.some((byte) => byte !== 0 && byte !== 0xff))
    throw new MalformedError('', headerBytes + size - 2, 'something behind the certificate')
  return bytes.subarray(headerBytes, headerBytes + size - 2)
}

/** The whole size of the DER SEQUENCE that begins here, of a length in two bytes: 256 to 65,535. */
function sizeOfSequence(bytes: Uint8Array): number {
  if (!starts(bytes, 0, [0x30, 0x82]) || bytes.length < 4)
    throw new MalformedError('', 0, 'no certificate')
  const size = 4 + bytes[2]! * 256 + bytes[3]!
  if (size > bytes.length) throw new MalformedError('', bytes.length, 'truncated')
  return size
}

function starts(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte)
}
