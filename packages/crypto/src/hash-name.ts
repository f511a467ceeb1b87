/** The hash functions a PCR bank, a signature or a certificate may use here. */
export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** Bytes in a digest. */
export const DIGEST_SIZE: Readonly<Record<HashName, number>> = Object.freeze({
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
})
