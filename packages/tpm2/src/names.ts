import { concat, encode, MalformedError, nameOf, u16be } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { TPM_ALG } from './constants.ts'
import { TPMS_NV_PUBLIC } from './nv.ts'
import { TPMT_PUBLIC } from './public.ts'

const hashes: Readonly<Record<number, HashName>> = {
  [TPM_ALG.SHA1]: 'sha1',
  [TPM_ALG.SHA256]: 'sha256',
  [TPM_ALG.SHA384]: 'sha384',
  [TPM_ALG.SHA512]: 'sha512',
}

/**
 * The name of an object: `nameAlg`, then the digest of its public area. Who knows a key's name knows
 * its attributes and policy too.
 *
 * @throws {MalformedError} a `nameAlg` that is no known hash.
 * @see TPM 2.0 Part 1, 16
 */
export function nameOfPublic(publicArea: TPMT_PUBLIC): Uint8Array {
  return nameFrom(publicArea.nameAlg, encode(TPMT_PUBLIC, publicArea))
}

/**
 * The name of a non-volatile index: it covers the attributes, and so whether it was written.
 *
 * @throws {MalformedError} a `nameAlg` that is no known hash.
 * @see TPM 2.0 Part 1, 16
 */
export function nameOfNv(nvPublic: TPMS_NV_PUBLIC): Uint8Array {
  return nameFrom(nvPublic.nameAlg, encode(TPMS_NV_PUBLIC, nvPublic))
}

/** The hash behind an algorithm identifier, or null when it is none that is known here. */
export function hashNameOf(alg: number): HashName | null {
  return hashes[alg] ?? null
}

function nameFrom(nameAlg: number, area: Uint8Array): Uint8Array {
  const hash = hashNameOf(nameAlg)
  if (hash === null)
    throw new MalformedError('nameAlg', 0, `${nameOf(TPM_ALG, nameAlg)} is no hash`)
  return concat(encode(u16be, nameAlg), digest(hash, area))
}
