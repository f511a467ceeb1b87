import { decode, encode, MalformedError, within } from '@trusted-launch/codec'
import {
  Certificate,
  CryptoError,
  decodePem,
  isPem,
  type PemBlock,
  PublicKey,
} from '@trusted-launch/crypto'
import { nameOfPublic, TPM2B_PUBLIC, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import { keyOf } from '../identity/key-of.ts'

/** The most bytes a file of a key or a certificate may have. */
export const KEY_FILE_BYTES_MAX = 64 * 1024
const intermediatesMax = 32

/** An AK as somebody gave it: its key, and what came with it. */
export interface ImportedKey {
  readonly publicKey: PublicKey
  /** TPMT_PUBLIC; null: the form has none, so the key's attributes and name are not known. */
  readonly area: Uint8Array | null
  readonly certificate: Certificate | null
  /** Of a PEM file of certificates those behind the key's own: what may lie between it and an anchor. */
  readonly intermediates: readonly Certificate[]
}

/**
 * Reads an AK in any form it is handed around in: TPM2B_PUBLIC (`tpm2_createak -u`), TPMT_PUBLIC
 * (`-f tpmt`), SubjectPublicKeyInfo in PEM or DER, an X.509 certificate in PEM or DER; in PEM its issuers
 * may follow it, at most 32.
 *
 * It proves nothing of the key: that whoever gives it means it is his word.
 *
 * @throws {MalformedError} none of these, a key that is neither RSA nor on a curve of NIST's, a private key.
 */
export function decodeImportedKey(file: Uint8Array): ImportedKey {
  try {
    return isPem(file) ? ofPem(file) : ofBinary(file)
  } catch (e) {
    if (!(e instanceof CryptoError)) throw e
    throw new MalformedError('key', 0, e.message, { cause: e })
  }
}

function ofPem(file: Uint8Array): ImportedKey {
  const blocks = decodePem(file)
  const { label, der } = blocks[0]!
  if (blocks.every((each) => each.label === 'CERTIFICATE')) return ofBundle(blocks)
  if (blocks.length > 1) throw new MalformedError('key', 0, `${blocks.length} PEM blocks, not one`)
  if (label === 'PUBLIC KEY') return ofSpki(der)
  throw new MalformedError('key', 0, `a PEM block "${label}": neither PUBLIC KEY nor CERTIFICATE`)
}

function ofBundle([own, ...above]: readonly PemBlock[]): ImportedKey {
  if (above.length > intermediatesMax)
    throw new MalformedError(
      'key',
      0,
      `more than ${intermediatesMax} certificates behind the key's`,
    )
  const intermediates = above.map(({ der }) => Certificate.decode(der))
  return { ...ofCertificate(own!.der), intermediates }
}

const derSequence = 0x30

function ofBinary(file: Uint8Array): ImportedKey {
  if (file[0] === derSequence) return isCertificate(file) ? ofCertificate(file) : ofSpki(file)
  const sizeIsFirst = file.length > 2 && ((file[0]! << 8) | file[1]!) === file.length - 2
  const publicArea = sizeIsFirst ? decode(TPM2B_PUBLIC, file) : decode(TPMT_PUBLIC, file)
  const area = encode(TPMT_PUBLIC, publicArea)
  nameOfPublic(publicArea) // refuses a key whose name nobody can compute
  return { publicKey: keyOf(publicArea), area, certificate: null, intermediates: [] }
}

/** A certificate is a sequence that begins with a sequence of its fields; so is an SPKI, but far smaller. */
function isCertificate(der: Uint8Array): boolean {
  try {
    PublicKey.fromSpki(der)
    return false
  } catch {
    return true
  }
}

function ofSpki(der: Uint8Array): ImportedKey {
  const publicKey = within('SubjectPublicKeyInfo', () => PublicKey.fromSpki(der))
  return { publicKey, area: null, certificate: null, intermediates: [] }
}

function ofCertificate(der: Uint8Array): ImportedKey {
  const certificate = Certificate.decode(der)
  return { publicKey: certificate.publicKey, area: null, certificate, intermediates: [] }
}

/**
 * One AK out of several files: its public area and its certificate may come apart.
 * @throws {MalformedError} files of different keys, or two of the same kind that differ.
 */
export function joinImportedKeys(keys: readonly [ImportedKey, ...ImportedKey[]]): ImportedKey {
  const [{ publicKey }] = keys
  if (keys.some((key) => !key.publicKey.equals(publicKey)))
    throw new MalformedError('key', 0, 'the files hold different keys')
  const certificates = keys.flatMap(({ certificate }) => certificate ?? [])
  const areas = keys.flatMap(({ area }) => area ?? [])
  if (certificates.length > 1 || areas.length > 1)
    throw new MalformedError('key', 0, 'more than one public area or certificate')
  const intermediates = keys.flatMap((key) => key.intermediates)
  return { publicKey, area: areas[0] ?? null, certificate: certificates[0] ?? null, intermediates }
}
