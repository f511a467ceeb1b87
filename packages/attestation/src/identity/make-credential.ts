import { concat, encode, toUtf8 } from '@trusted-launch/codec'
import {
  agree,
  DIGEST_SIZE,
  encryptCfb,
  encryptOaep,
  type HashName,
  hmac,
  kdfa,
  kdfe,
} from '@trusted-launch/crypto'
import {
  hashNameOf,
  TPM_ALG,
  TPM2B_DIGEST,
  TPMA_OBJECT,
  type TPMT_PUBLIC,
} from '@trusted-launch/tpm2'
import { keyOf } from './key-of.ts'

/** What a guest hands to TPM2_ActivateCredential. */
export interface Credential {
  /** The content of the TPM2B_ID_OBJECT. */
  readonly credentialBlob: Uint8Array
  /** The content of the TPM2B_ENCRYPTED_SECRET. */
  readonly secret: Uint8Array
}

/**
 * Random bytes that a credential to this key takes: drawn by the caller, used once. An RSA key: its
 * name's hash twice. An elliptic one: as many as a coordinate (P-256 and P-384).
 */
export function randomBytesFor(ek: TPMT_PUBLIC): number {
  if (ek.type === TPM_ALG.ECC) return Math.ceil(keyOf(ek).bits / 8)
  return 2 * DIGEST_SIZE[strongHashOf(ek)]
}

/**
 * Encrypts a credential so that only the TPM that has the EK opens it, and only while an object of
 * this name is loaded: TPM2_MakeCredential, without a TPM.
 *
 * It does not prove that `ek` is a TPM's: see `verifyEndorsementCertificate`.
 * @param credential at most as long as the digest of the EK's name.
 * @throws {RangeError} an EK that is no storage key with AES in CFB and SHA-256 or stronger, a
 *   credential that is too long, or the wrong amount of random bytes.
 * @throws {CryptoError} `KEY_UNSUPPORTED`, or {MalformedError}: the EK is no key.
 * @see TPM 2.0 Part 1, 24; Part 3, 12.6
 */
export function makeCredential(
  ek: TPMT_PUBLIC,
  name: Uint8Array,
  credential: Uint8Array,
  random: Uint8Array,
): Credential {
  const hash = strongHashOf(ek)
  const size = DIGEST_SIZE[hash]
  if (credential.length === 0 || credential.length > size)
    throw new RangeError(`a credential of ${credential.length} bytes where 1 to ${size} may be`)
  if (random.length !== randomBytesFor(ek))
    throw new RangeError(`${random.length} random bytes, not ${randomBytesFor(ek)}`)
  const { seed, secret } = seedFor(ek, hash, random)
  const key = kdfa(hash, seed, 'STORAGE', { u: name }, cipherBytesOf(ek))
  const identity = encryptCfb(key, encode(TPM2B_DIGEST, credential))
  const integrity = hmac(hash, kdfa(hash, seed, 'INTEGRITY', {}, size), identity, name)
  return { credentialBlob: concat(encode(TPM2B_DIGEST, integrity), identity), secret }
}

const label = 'IDENTITY'

/** A seed that only the EK's TPM learns. Part 1, B.10.3 (RSA) and C.6.3 (ECC). */
function seedFor(
  ek: TPMT_PUBLIC,
  hash: HashName,
  random: Uint8Array,
): { seed: Uint8Array; secret: Uint8Array } {
  const size = DIGEST_SIZE[hash]
  if (ek.type === TPM_ALG.ECC) {
    const { z, ephemeral } = agree(keyOf(ek), random)
    const seed = kdfe(hash, z, label, { u: ephemeral.x, v: ek.unique.x }, size)
    const point = concat(encode(TPM2B_DIGEST, ephemeral.x), encode(TPM2B_DIGEST, ephemeral.y))
    return { seed, secret: point }
  }
  const seed = random.subarray(0, size)
  const padding = { hash, label: toUtf8(`${label}\0`), seed: random.subarray(size) }
  return { seed, secret: encryptOaep(keyOf(ek), padding, seed) }
}

function strongHashOf(ek: TPMT_PUBLIC): HashName {
  const hash = hashNameOf(ek.nameAlg)
  if (hash === null || hash === 'sha1') throw new RangeError('an EK named by a weak hash')
  return hash
}

const storage =
  TPMA_OBJECT.fixedTPM | TPMA_OBJECT.fixedParent | TPMA_OBJECT.restricted | TPMA_OBJECT.decrypt

function cipherBytesOf(ek: TPMT_PUBLIC): number {
  const { objectAttributes } = ek
  const isStorage = (objectAttributes & storage) === storage && !(objectAttributes & sign)
  if (!isStorage || (ek.type !== TPM_ALG.RSA && ek.type !== TPM_ALG.ECC))
    throw new RangeError('an EK that is no storage key')
  const { algorithm, keyBits, mode } = ek.parameters.symmetric
  if (algorithm !== TPM_ALG.AES || mode !== TPM_ALG.CFB || (keyBits !== 128 && keyBits !== 256))
    throw new RangeError('an EK without AES in CFB')
  return keyBits / 8
}

const { sign } = TPMA_OBJECT
