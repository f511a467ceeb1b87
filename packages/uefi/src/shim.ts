import { fromLatin1, MalformedError, Reader, toLatin1, u32le, within } from '@trusted-launch/codec'
import { GUIDS } from './guid.ts'
import { type PeImage, sectionOf } from './pe.ts'
import {
  certificateList,
  decodeSignatureDatabase,
  type SignatureDatabase,
} from './signature-list.ts'

/** What is built into a shim: whom its vendor trusts and distrusts. shim, cert.S. */
export interface ShimVendor {
  /** The bytes as they stand: one certificate in DER, or signature lists. Empty: none. */
  readonly authorized: Uint8Array
  /** Signature lists, as they stand. */
  readonly deauthorized: Uint8Array
}

/** SBAT revocations built into a shim, as text: what it sets when nothing newer is set. */
export interface ShimSbatLevel {
  readonly previous: string
  readonly latest: string
}

const headerBytes = 16
const sbatLevelChars = 4096

/**
 * The section `.vendor_cert` of a shim; null when the image has none (it is no shim).
 * @throws {MalformedError} its sizes point outside the section.
 */
export function shimVendor(image: PeImage): ShimVendor | null {
  const section = sectionOf(image, '.vendor_cert')
  if (section === null) return null
  return within('.vendor_cert', () => {
    const from = new Reader(section.rawData)
    const [authSize, deauthSize, authAt, deauthAt] = [0, 1, 2, 3].map(() => u32le.read(from))
    return {
      authorized: part(from, authAt!, authSize!),
      deauthorized: part(from, deauthAt!, deauthSize!),
    }
  })
}

/** The vendor's certificate as shim keeps it: a list with shim's own GUID as the owner. */
export function vendorDatabase({ authorized }: ShimVendor): SignatureDatabase {
  if (authorized.length === 0) return []
  if (isCertificate(authorized)) return [certificateList(GUIDS.SHIM_LOCK_GUID, authorized)]
  return decodeSignatureDatabase(authorized)
}

/**
 * The section `.sbatlevel` of a shim; null when there is none (shim before 15.6).
 * @throws {MalformedError} a version that is not 0, or offsets outside the section.
 */
export function shimSbatLevel(image: PeImage): ShimSbatLevel | null {
  const section = sectionOf(image, '.sbatlevel')
  if (section === null) return null
  return within('.sbatlevel', () => {
    const from = new Reader(section.rawData)
    const version = u32le.read(from)
    if (version !== 0) throw from.malformed(`version ${version}`)
    const [previousAt, latestAt] = [u32le.read(from), u32le.read(from)]
    // Offsets count from the byte after the version.
    return { previous: textAt(from, 4 + previousAt), latest: textAt(from, 4 + latestAt) }
  })
}

/** What a shim sets when Secure Boot is off: a level that revokes nothing. shim, include/sbat.h. */
export const SBAT_LEVEL_RESET = 'sbat,1,2021030218\n'

function isCertificate(bytes: Uint8Array): boolean {
  if (bytes.length < 4 || bytes[0] !== 0x30 || bytes[1] !== 0x82) return false
  return bytes.length === 4 + new Reader(bytes).view.getUint16(2, false)
}

function part(from: Reader, at: number, size: number): Uint8Array {
  if (size === 0) return new Uint8Array(0)
  if (at < headerBytes || at + size > from.end)
    throw from.malformed(`bytes ${at}+${size} in a section of ${from.end}`)
  return from.bytes.subarray(at, at + size)
}

function textAt(from: Reader, at: number): string {
  const end = from.bytes.indexOf(0, at)
  if (at >= from.end || end < 0 || end - at > sbatLevelChars)
    throw new MalformedError('', from.position, `no text at ${at}`)
  return toLatin1(from.bytes.subarray(at, end))
}

/** The bytes of an SBAT level as the variable holds and the firmware measures them: without NUL. */
export function sbatLevelBytes(level: string): Uint8Array {
  return fromLatin1(level)
}
