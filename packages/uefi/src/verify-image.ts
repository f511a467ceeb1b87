import { equalBytes, MalformedError } from '@trusted-launch/codec'
import {
  Certificate,
  CryptoError,
  cutText,
  digest,
  type HashName,
  verifySignedData,
} from '@trusted-launch/crypto'
import {
  type AuthenticodeSignature,
  authenticodeDigest,
  authenticodeSignatures,
} from './authenticode.ts'
import { GUIDS } from './guid.ts'
import type { PeImage } from './pe.ts'
import { entriesOf, type SignatureDatabase, type SignatureEntry } from './signature-list.ts'

/** What an image is judged by. For shim's own judgement add its vendor and machine-owner lists. */
export interface ImagePolicy {
  readonly db: SignatureDatabase
  readonly dbx: SignatureDatabase
}

/** Why an image may run, or why not. */
export type ImageVerdict =
  | {
      readonly allowed: true
      readonly by: 'certificate' | 'digest'
      /** The entry of db that allowed it: what PCR 7 names as the authority. */
      readonly entry: SignatureEntry
      /** Signer first, the db's certificate last; empty when a digest allowed it. */
      readonly chain: readonly Certificate[]
    }
  | {
      readonly allowed: false
      readonly reason: ImageRefusal
      readonly detail: string
      /** The entry of dbx that forbids it, when one does. */
      readonly entry?: SignatureEntry
    }

/** Why an image may not run. */
export type ImageRefusal =
  | 'unsigned'
  | 'digest-mismatch'
  | 'unknown-signer'
  | 'forbidden-digest'
  | 'forbidden-certificate'
  | 'malformed-signatures'

const digestTypes: readonly (readonly [string, HashName])[] = [
  [GUIDS.EFI_CERT_SHA256_GUID, 'sha256'],
  [GUIDS.EFI_CERT_SHA384_GUID, 'sha384'],
  [GUIDS.EFI_CERT_SHA512_GUID, 'sha512'],
]
const certificateDigestTypes: readonly (readonly [string, HashName])[] = [
  [GUIDS.EFI_CERT_X509_SHA256_GUID, 'sha256'],
  [GUIDS.EFI_CERT_X509_SHA384_GUID, 'sha384'],
  [GUIDS.EFI_CERT_X509_SHA512_GUID, 'sha512'],
]

/** Netscape's certificate type: critical in Debian's CA, and known to the firmware's library. */
const understood = ['2.16.840.1.113730.1.1']

/**
 * Whether firmware with these databases would run the image, as edk2 decides it. This verifies that:
 * - the image's digest is not in dbx;
 * - no signature of it leads to a certificate of dbx, and no certificate on its way is named there;
 * - one signature, in file order, states the image's own digest and leads through the certificates
 *   that came with it to a certificate of db, in the order of db; or the digest itself is in db.
 *
 * Dates are not looked at, as UEFI does not; a revocation of certificates from some date on counts
 * always. It says nothing of what the image does, nor that it ran.
 *
 * @see UEFI 2.10, 32.5.3.3; edk2, DxeImageVerificationHandler
 */
export function verifyImage(image: PeImage, { db, dbx }: ImagePolicy): ImageVerdict {
  const allowedEntries = entriesOf(db)
  const forbiddenEntries = entriesOf(dbx)
  const forbidden = findDigest(image, forbiddenEntries)
  if (forbidden !== null)
    return { allowed: false, reason: 'forbidden-digest', detail: 'in dbx', entry: forbidden }
  const { signatures, wellFormed } = authenticodeSignatures(image)
  if (!wellFormed) return refused('malformed-signatures', 'bytes after the last certificate')
  const own = signatures.filter((each) => 'signedData' in each)
  const sound = own.filter((each) => equalBytes(each.digest, authenticodeDigest(image, each.hash)))
  const revoked = findRevoked(sound, forbiddenEntries)
  if (revoked !== null) return revoked
  const signed = findSigner(sound, allowedEntries)
  if (signed !== null) return signed
  const entry = findDigest(image, allowedEntries)
  if (entry !== null) return { allowed: true, by: 'digest', entry, chain: [] }
  return refusal(image, signatures.length, own.length, sound)
}

function refusal(
  image: PeImage,
  entries: number,
  readable: number,
  sound: readonly AuthenticodeSignature[],
): ImageVerdict {
  if (image.certificateTable.size === 0) return refused('unsigned', 'no signature')
  if (readable === 0) return refused('malformed-signatures', `none of ${entries} can be read`)
  if (sound.length === 0) return refused('digest-mismatch', 'changed after it was signed')
  const signers = sound.flatMap(({ signedData }) => signedData.certificates.map((c) => c.subject))
  return refused('unknown-signer', cutText(signers.join('; '), 512))
}

function findSigner(
  signatures: readonly AuthenticodeSignature[],
  entries: readonly SignatureEntry[],
): ImageVerdict | null {
  for (const { signedData } of signatures)
    for (const entry of entries) {
      const chain = chainTo(signedData, entry)
      if (chain !== null) return { allowed: true, by: 'certificate', entry, chain }
    }
  return null
}

function findRevoked(
  signatures: readonly AuthenticodeSignature[],
  forbidden: readonly SignatureEntry[],
): ImageVerdict | null {
  for (const { signedData } of signatures)
    for (const entry of forbidden) {
      const certificate =
        chainTo(signedData, entry)?.at(-1) ??
        signedData.certificates.find((each) => namesCertificate(entry, each))
      if (certificate === undefined) continue
      const detail = certificate.subject
      return { allowed: false, reason: 'forbidden-certificate', detail, entry }
    }
  return null
}

/** The path of every signer of `signedData` to this entry, if it is a certificate and there is one. */
function chainTo(
  signedData: AuthenticodeSignature['signedData'],
  entry: SignatureEntry,
): readonly Certificate[] | null {
  const anchor = certificateIn(entry)
  if (anchor === null) return null
  const verified = verifySignedData(signedData, { anchors: [anchor], time: null, understood })
  return 'signers' in verified ? verified.signers[0]!.chain : null
}

/** The entry's certificate; null for other types, and for one that cannot be read. */
function certificateIn(entry: SignatureEntry): Certificate | null {
  if (entry.signatureType !== GUIDS.EFI_CERT_X509_GUID) return null
  try {
    return Certificate.decode(entry.signatureData)
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return null
    throw e
  }
}

/** EFI_CERT_X509_SHA*: the digest of the certificate's to-be-signed part, then a revocation time. */
function namesCertificate(entry: SignatureEntry, certificate: Certificate): boolean {
  const type = certificateDigestTypes.find(([guid]) => guid === entry.signatureType)
  if (type === undefined) return false
  const value = digest(type[1], certificate.tbs)
  return equalBytes(entry.signatureData.subarray(0, value.length), value)
}

function findDigest(image: PeImage, entries: readonly SignatureEntry[]): SignatureEntry | null {
  for (const [type, hash] of digestTypes) {
    const candidates = entries.filter(({ signatureType }) => signatureType === type)
    if (candidates.length === 0) continue
    const value = authenticodeDigest(image, hash)
    const found = candidates.find(({ signatureData }) => equalBytes(signatureData, value))
    if (found !== undefined) return found
  }
  return null
}

function refused(reason: ImageRefusal, detail: string): ImageVerdict {
  return { allowed: false, reason, detail }
}
