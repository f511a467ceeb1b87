import {
  bytes,
  type Codec,
  list,
  nothing,
  type Of,
  select,
  sized,
  struct,
  u8,
  u16be,
  u32be,
} from '@trusted-launch/codec'
import { TPM_ALG } from './constants.ts'

/** Bytes of the largest digest known here (SHA-512). */
const digestBytesMax = 64
/** Bytes of the largest TPMT_HA: an algorithm and a digest. */
const hashBytesMax = 2 + digestBytesMax

/** A digest of any hash. TPM 2.0 Part 2, 10.4.2. */
export const TPM2B_DIGEST = sized(u16be, { max: digestBytesMax })
/** Caller's data, at most a TPMT_HA: a quote's nonce (`qualifyingData`). Part 2, 10.4.3. */
export const TPM2B_DATA = sized(u16be, { max: hashBytesMax })
/** A nonce of a session. Part 2, 10.4.4. */
export const TPM2B_NONCE = TPM2B_DIGEST
/** An authorization value: a secret. Part 2, 10.4.5. */
export const TPM2B_AUTH = TPM2B_DIGEST
/** What one NV_Read or NV_Write carries; a TPM may allow less (TPM_PT_NV_BUFFER_MAX). Part 2, 10.4.9. */
export const TPM2B_MAX_NV_BUFFER = sized(u16be, { max: 2048 })
/** A name: hash algorithm and digest of a public area; or a handle. Part 2, 10.5.3. */
export const TPM2B_NAME = sized(u16be, { max: hashBytesMax })
/** Data to seal, at most MAX_SYM_DATA. Part 2, 11.1.14. */
export const TPM2B_SENSITIVE_DATA = sized(u16be, { max: 256 })
/** The wrapped private half of an object: opaque to all but its TPM. Part 2, 12.3.7. */
export const TPM2B_PRIVATE = sized(u16be, { max: 2048 })
/** A secret encrypted to a key; empty in an unsalted session. Part 2, 11.4.3. */
export const TPM2B_ENCRYPTED_SECRET = sized(u16be, { max: 512 })
/** A credential as made: an HMAC behind its size, then what it covers, encrypted. Part 2, 12.4.3. */
export const TPM2B_ID_OBJECT = sized(u16be, { max: 2 * hashBytesMax })
/** An attestation structure *as signed*: bytes first, decoded on demand (`TPMS_ATTEST`). Part 2, 10.12.13. */
export const TPM2B_ATTEST = sized(u16be, { max: 1024 })

/** One byte, 0 or 1. Part 2, 9.2. */
export const TPMI_YES_NO: Codec<boolean> = {
  read(from) {
    const value = from.bytes[from.offset]
    if (value !== undefined && value > 1) throw from.malformed(`${value}, neither 0 nor 1`)
    return u8.read(from) === 1
  },
  write: (to, value) => u8.write(to, value ? 1 : 0),
}

/** A digest whose size follows from its algorithm. Part 2, 10.3.2. */
export const TPMT_HA = struct('TPMT_HA', {
  hashAlg: u16be,
  digest: select('hashAlg', {
    [TPM_ALG.SHA1]: bytes(20),
    [TPM_ALG.SHA256]: bytes(32),
    [TPM_ALG.SHA384]: bytes(48),
    [TPM_ALG.SHA512]: bytes(64),
    [TPM_ALG.SM3_256]: bytes(32),
    [TPM_ALG.NULL]: nothing,
  }),
})
export type TPMT_HA = Of<typeof TPMT_HA>

/** One digest for each bank. Part 2, 10.9.4. */
export const TPML_DIGEST_VALUES = list(u32be, TPMT_HA, { max: 16 })
/** At most eight digests: why PCRs are read in several calls. Part 2, 10.9.3. */
export const TPML_DIGEST = list(u32be, TPM2B_DIGEST, { max: 8 })

/** Which PCRs of one bank: bit `n % 8` of byte `n / 8` is PCR `n`. Part 2, 10.6.2. */
export const TPMS_PCR_SELECTION = struct('TPMS_PCR_SELECTION', {
  hash: u16be,
  pcrSelect: sized(u8, { min: 3, max: 4 }),
})
export type TPMS_PCR_SELECTION = Of<typeof TPMS_PCR_SELECTION>

/** A selection of PCRs, bank by bank. Part 2, 10.9.7. */
export const TPML_PCR_SELECTION = list(u32be, TPMS_PCR_SELECTION, { max: 16 })
export type TPML_PCR_SELECTION = Of<typeof TPML_PCR_SELECTION>
