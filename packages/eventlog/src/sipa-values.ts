import {
  type Codec,
  decode,
  fromUtf16le,
  MalformedError,
  numbers,
  type Of,
  type Reader,
  u8,
  u16le,
  u32le,
  u64le,
} from '@trusted-launch/codec'

/** How BitLocker's volumes were unlocked: bits, none of them for "not unlocked by BitLocker". */
export const FVEB_UNLOCK_FLAG = numbers('FVEB_UNLOCK_FLAG', {
  CACHED: 0x001,
  MEDIA: 0x002,
  TPM: 0x004,
  PIN: 0x010,
  EXTERNAL: 0x020,
  RECOVERY: 0x040,
  PASSPHRASE: 0x080,
  NBP: 0x100,
  AUK_OSFVEINFO: 0x200,
})

/** Whom the boot manager gave control to: the values of SIPAEVENT_TRANSFER_CONTROL. */
export const TRANSFER_CONTROL = numbers('TRANSFER_CONTROL', {
  NONE: 0,
  OSLOADER: 1,
  RESUME: 2,
  MSUTILITY: 3,
  NOSIGCHECK: 4,
  HYPERVISOR: 5,
})

/** LSA_ISO_* flags of SIPAEVENT_LSAISO_CONFIG: how Credential Guard is configured. */
export const LSA_ISO = numbers('LSA_ISO', { ENABLED_WITH_UEFI_LOCK: 1, ENABLED_WITHOUT_LOCK: 2 })

/**
 * A number out of an event's data. Windows writes flags as one byte, numbers as four or eight; which
 * of them differs between versions and changes nothing. @throws {MalformedError} another size.
 */
export function sipaNumber(data: Uint8Array): bigint {
  switch (data.length) {
    case 1:
      return BigInt(decode(u8, data))
    case 4:
      return BigInt(decode(u32le, data))
    case 8:
      return decode(u64le, data)
    default:
      throw new MalformedError('', 0, `a number of ${data.length} bytes`)
  }
}

/** Text out of an event's data: UTF-16, at most one zero at its end. @throws {MalformedError} */
export function sipaText(data: Uint8Array): string {
  const text = fromUtf16le(data).replace(/\0$/, '')
  if (text.includes('\0')) throw new MalformedError('', 0, 'a zero within a text')
  return text
}

const digestMax = 64
const policyNameMax = 1024

/** A list of revoked files, by its digest. Windows SDK, wbcl.h. `creationTime` is a FILETIME. */
export const SIPAEVENT_REVOCATION_LIST_PAYLOAD: Codec<{
  creationTime: bigint
  hashAlgID: number
  digest: Uint8Array
}> = {
  name: 'SIPAEVENT_REVOCATION_LIST_PAYLOAD',
  read(from) {
    const creationTime = u64le.read(from)
    const length = within(from, u32le.read(from), digestMax)
    return { creationTime, hashAlgID: u16le.read(from), digest: from.take(length) }
  },
  write(to, { creationTime, hashAlgID, digest }) {
    u64le.write(to, creationTime)
    u32le.write(to, fits(digest.length, digestMax))
    u16le.write(to, hashAlgID)
    to.put(digest)
  },
}
export type SIPAEVENT_REVOCATION_LIST_PAYLOAD = Of<typeof SIPAEVENT_REVOCATION_LIST_PAYLOAD>

/** A code integrity policy in force, by its digest. Windows SDK, wbcl.h. */
export const SIPAEVENT_SI_POLICY_PAYLOAD: Codec<{
  policyVersion: bigint
  hashAlgID: number
  /** UTF-16 with a terminating zero. */
  policyName: Uint8Array
  digest: Uint8Array
}> = {
  name: 'SIPAEVENT_SI_POLICY_PAYLOAD',
  read(from) {
    const policyVersion = u64le.read(from)
    const nameLength = within(from, u16le.read(from), policyNameMax)
    const hashAlgID = u16le.read(from)
    const digestLength = within(from, u32le.read(from), digestMax)
    return {
      policyVersion,
      hashAlgID,
      policyName: from.take(nameLength),
      digest: from.take(digestLength),
    }
  },
  write(to, { policyVersion, hashAlgID, policyName, digest }) {
    u64le.write(to, policyVersion)
    u16le.write(to, fits(policyName.length, policyNameMax))
    u16le.write(to, hashAlgID)
    u32le.write(to, fits(digest.length, digestMax))
    to.put(policyName)
    to.put(digest)
  },
}
export type SIPAEVENT_SI_POLICY_PAYLOAD = Of<typeof SIPAEVENT_SI_POLICY_PAYLOAD>

function within(from: Reader, length: number, max: number): number {
  if (length > max) throw from.malformed(`${length}, more than ${max}`)
  return length
}

function fits(length: number, max: number): number {
  if (length > max) throw new RangeError(`more than ${max} bytes`)
  return length
}
