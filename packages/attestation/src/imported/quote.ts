import { decode, encode, MalformedError } from '@trusted-launch/codec'
import { type PublicKey, rawEcdsaSignature } from '@trusted-launch/crypto'
import { TPM_ALG, TPM_ST, TPM2B_ATTEST, TPMS_ATTEST, TPMT_SIGNATURE } from '@trusted-launch/tpm2'
import { verifyTpmSignature } from '../verify-signature.ts'

const magicBytes = [0xff, 0x54, 0x43, 0x47]

/**
 * The TPMS_ATTEST in a file: bare, as `tpm2_quote -m` writes it, or behind its size (TPM2B_ATTEST).
 * The bytes are those that were signed, as they came.
 * @throws {MalformedError} neither.
 */
export function decodeImportedQuote(file: Uint8Array): Uint8Array {
  const isBare = magicBytes.every((byte, i) => file[i] === byte)
  const attest = isBare ? file : decode(TPM2B_ATTEST, file)
  decode(TPMS_ATTEST, attest)
  return attest
}

/**
 * The TPMT_SIGNATURE over `attest` in a file: as `tpm2_quote -s` writes it, or plain (`-f plain`):
 * RSA's own bytes, ECDSA's two numbers in DER or one after the other. Plain ones name neither scheme
 * nor hash: the hash is the one that gives a pcrDigest as long as the quote's, the scheme RSASSA
 * unless RSAPSS is the one that holds. Whether the signature holds is not said here.
 * @throws {MalformedError} none of these for a key of this kind.
 */
export function decodeImportedSignature(
  file: Uint8Array,
  key: PublicKey,
  attest: Uint8Array,
): Uint8Array {
  if (isTpmtSignature(file)) return file
  const hash = hashOfQuote(attest)
  if (key.kind === 'ec') return ecdsa(file, Math.ceil(key.bits / 8), hash)
  const size = Math.ceil(key.bits / 8)
  if (file.length !== size)
    throw new MalformedError('signature', 0, `${file.length} bytes where ${size} must be`)
  const [pkcs1, pss] = [TPM_ALG.RSASSA, TPM_ALG.RSAPSS].map((sigAlg) =>
    encode(TPMT_SIGNATURE, { sigAlg, signature: { hash, sig: file } }),
  )
  return typeof verifyTpmSignature(key, attest, pss!) === 'string' ? pkcs1! : pss!
}

function isTpmtSignature(file: Uint8Array): boolean {
  try {
    decode(TPMT_SIGNATURE, file)
    return true
  } catch (e) {
    if (e instanceof MalformedError) return false
    throw e
  }
}

function ecdsa(file: Uint8Array, size: number, hash: number): Uint8Array {
  const numbers = file.length === 2 * size ? file : rawEcdsaSignature(file, size)
  return encode(TPMT_SIGNATURE, {
    sigAlg: TPM_ALG.ECDSA,
    signature: {
      hash,
      signatureR: numbers.subarray(0, size),
      signatureS: numbers.subarray(size),
    },
  })
}

const hashBySize: Readonly<Record<number, number>> = {
  20: TPM_ALG.SHA1,
  32: TPM_ALG.SHA256,
  48: TPM_ALG.SHA384,
  64: TPM_ALG.SHA512,
}

/** A quote's pcrDigest is of the hash it is signed with. TPM 2.0 Part 3, 18.4.1. */
function hashOfQuote(bytes: Uint8Array): number {
  const attest = decode(TPMS_ATTEST, bytes)
  if (attest.type !== TPM_ST.ATTEST_QUOTE)
    throw new MalformedError('TPMS_ATTEST.type', 4, 'no quote, so a plain signature has no hash')
  const hash = hashBySize[attest.attested.pcrDigest.length]
  if (hash !== undefined) return hash
  throw new MalformedError('TPMS_ATTEST.attested.pcrDigest', 0, 'as long as no digest is')
}
