import {
  type Codec,
  concat,
  constant,
  encode,
  type Of,
  type Reader,
  struct,
  toUtf16le,
  u16le,
  u32le,
  within,
} from '@trusted-launch/codec'
import { EFI_TIME } from './efi-time.ts'
import { formatGuid, GUIDS, parseGuid } from './guid.ts'
import type { VariableName } from './variable.ts'

/** wCertificateType. UEFI 2.10, 32.2.1. */
export const WIN_CERT_TYPE = Object.freeze({
  PKCS_SIGNED_DATA: 0x0002,
  EFI_PKCS115: 0x0ef0,
  EFI_GUID: 0x0ef1,
})

const headerBytes = 8
const certificateBytesMax = 1 << 20

/** WIN_CERTIFICATE: a length (its own 8 bytes included), revision 2.0, a type, and what it holds. */
export interface WIN_CERTIFICATE {
  wRevision: 0x0200
  wCertificateType: number
  bCertificate: Uint8Array
}

/** WIN_CERTIFICATE, at most 1 MiB. UEFI 2.10, 32.2.1. */
export const WIN_CERTIFICATE: Codec<WIN_CERTIFICATE> = {
  name: 'WIN_CERTIFICATE',
  read(from) {
    const length = within('dwLength', () => lengthOf(from))
    const wRevision = within('wRevision', () => constant(u16le, 0x0200).read(from))
    const wCertificateType = within('wCertificateType', () => u16le.read(from))
    const bCertificate = within('bCertificate', () => from.take(length - headerBytes))
    return { wRevision, wCertificateType, bCertificate }
  },
  write(to, { wRevision, wCertificateType, bCertificate }) {
    if (bCertificate.length > certificateBytesMax) throw new RangeError('a certificate too long')
    u32le.write(to, headerBytes + bCertificate.length)
    u16le.write(to, wRevision)
    u16le.write(to, wCertificateType)
    to.put(bCertificate)
  },
}

function lengthOf(from: Reader): number {
  const length = u32le.read(from)
  if (length < headerBytes || length > headerBytes + certificateBytesMax)
    throw from.malformed(`${length} bytes`)
  return length
}

/** The PKCS#7 SignedData (DER) of a WIN_CERTIFICATE_UEFI_GUID of type EFI_CERT_TYPE_PKCS7_GUID. */
const AuthInfo: Codec<Uint8Array> = {
  read(from) {
    const { wCertificateType, bCertificate } = WIN_CERTIFICATE.read(from)
    if (wCertificateType !== WIN_CERT_TYPE.EFI_GUID || bCertificate.length < 16)
      throw from.malformed(`certificate type 0x${wCertificateType.toString(16)}`)
    if (GUIDS.EFI_CERT_TYPE_PKCS7_GUID !== guidOf(bCertificate))
      throw from.malformed('a certificate that is no PKCS#7')
    return bCertificate.subarray(16)
  },
  write: (to, value) =>
    WIN_CERTIFICATE.write(to, {
      wRevision: 0x0200,
      wCertificateType: WIN_CERT_TYPE.EFI_GUID,
      bCertificate: concat(parseGuid(GUIDS.EFI_CERT_TYPE_PKCS7_GUID), value),
    }),
}

/**
 * What stands before the value in a signed write of a variable (a `.auth` file): when, and the
 * PKCS#7 signature (DER) over name, GUID, attributes, time and value. UEFI 2.10, 8.2.2.
 */
export const EFI_VARIABLE_AUTHENTICATION_2 = struct('EFI_VARIABLE_AUTHENTICATION_2', {
  timeStamp: EFI_TIME,
  authInfo: AuthInfo,
})
export type EFI_VARIABLE_AUTHENTICATION_2 = Of<typeof EFI_VARIABLE_AUTHENTICATION_2>

/** A signed write, whole: the descriptor, then the new value to the end. */
export const AuthenticatedWrite = struct('AuthenticatedWrite', {
  authentication: EFI_VARIABLE_AUTHENTICATION_2,
  data: {
    read: (from) => from.take(from.remaining),
    write: (to, value) => to.put(value),
  } as Codec<Uint8Array>,
})
export type AuthenticatedWrite = Of<typeof AuthenticatedWrite>

/** The bytes that the signature of a signed write covers. UEFI 2.10, 8.2.2, step 2 b. */
export function signedBytesOf(
  variable: VariableName,
  attributes: number,
  timeStamp: EFI_TIME,
  data: Uint8Array,
): Uint8Array {
  return concat(
    toUtf16le(variable.name),
    parseGuid(variable.guid),
    encode(u32le, attributes),
    encode(EFI_TIME, timeStamp),
    data,
  )
}

function guidOf(certificate: Uint8Array): string {
  return formatGuid(certificate.subarray(0, 16))
}
