import { contextTag, DER, type DerReader, inside } from './der.ts'
import type { HashName } from './hash-name.ts'
import type { SignatureScheme } from './signature.ts'

const hashes: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

const schemes: Readonly<Record<string, SignatureScheme>> = {
  '1.2.840.113549.1.1.5': { scheme: 'rsassa', hash: 'sha1' },
  '1.2.840.113549.1.1.11': { scheme: 'rsassa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { scheme: 'rsassa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { scheme: 'rsassa', hash: 'sha512' },
  '1.2.840.10045.4.1': { scheme: 'ecdsa', hash: 'sha1' },
  '1.2.840.10045.4.3.2': { scheme: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { scheme: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { scheme: 'ecdsa', hash: 'sha512' },
}

const rsaEncryption = '1.2.840.113549.1.1.1'
const ecPublicKey = '1.2.840.10045.2.1'
const rsassaPss = '1.2.840.113549.1.1.10'
const mgf1 = '1.2.840.113549.1.1.8'

/** The hash an AlgorithmIdentifier names; null for one not known here. Its parameters: none or NULL. */
export function readHash(algorithm: DerReader): HashName | null {
  const oid = algorithm.oid()
  algorithm.optional(DER.NULL)
  algorithm.finish()
  return hashes[oid] ?? null
}

/**
 * The scheme an AlgorithmIdentifier names; null for one not known here. RFC 4055, RFC 5758.
 * @param digest what CMS says beside it, where the identifier names only the key.
 */
export function readScheme(algorithm: DerReader, digest?: HashName): SignatureScheme | null {
  const oid = algorithm.oid()
  if (oid === rsassaPss) return readPss(algorithm)
  algorithm.optional(DER.NULL)
  algorithm.finish()
  if (digest !== undefined && oid === rsaEncryption) return { scheme: 'rsassa', hash: digest }
  if (digest !== undefined && oid === ecPublicKey) return { scheme: 'ecdsa', hash: digest }
  return schemes[oid] ?? null
}

// RFC 4055, 3.1: hash, mask generation over the same hash, salt length (the padding shows it).
function readPss(algorithm: DerReader): SignatureScheme | null {
  const parameters = algorithm.enter(DER.SEQUENCE)
  algorithm.finish()
  if (parameters.atEnd) return null
  const hash = readHash(parameters.enter(contextTag(0)).enter(DER.SEQUENCE))
  const mask = parameters.enter(contextTag(1)).enter(DER.SEQUENCE)
  const sameHash = mask.oid() === mgf1 && readHash(mask.enter(DER.SEQUENCE)) === hash
  const salt = parameters.optional(contextTag(2))
  if (salt !== null) inside(salt).small()
  // The trailer's only value is its default, which AMD's certificates write out.
  const trailer = parameters.optional(contextTag(3))
  const isKnown = trailer === null || inside(trailer).small() === 1
  parameters.finish()
  return hash === null || !sameHash || !isKnown ? null : { scheme: 'rsapss', hash }
}
