import {
  nothing,
  type Of,
  select,
  sized,
  sizedOf,
  struct,
  u16be,
  u32be,
} from '@trusted-launch/codec'
import { TPM2B_AUTH, TPM2B_DIGEST, TPM2B_SENSITIVE_DATA } from './buffers.ts'
import { TPM_ALG } from './constants.ts'

/** A modulus, big endian, at most 4096 bits. TPM 2.0 Part 2, 11.2.4.5. */
export const TPM2B_PUBLIC_KEY_RSA = sized(u16be, { max: 512 })
/** A coordinate or scalar, big endian, at most 521 bits. Part 2, 11.2.5.1. */
export const TPM2B_ECC_PARAMETER = sized(u16be, { max: 66 })

const block = { keyBits: u16be, mode: u16be }

/** The symmetric cipher of an object. Part 2, 11.1.7. */
export const TPMT_SYM_DEF_OBJECT = struct('TPMT_SYM_DEF_OBJECT', {
  algorithm: u16be,
  keyBits: select('algorithm', {
    [TPM_ALG.AES]: block.keyBits,
    [TPM_ALG.CAMELLIA]: block.keyBits,
    [TPM_ALG.NULL]: nothing,
  }),
  mode: select('algorithm', {
    [TPM_ALG.AES]: block.mode,
    [TPM_ALG.CAMELLIA]: block.mode,
    [TPM_ALG.NULL]: nothing,
  }),
})

/** The symmetric cipher of a session. Part 2, 11.1.6. */
export const TPMT_SYM_DEF = struct('TPMT_SYM_DEF', {
  algorithm: u16be,
  keyBits: select('algorithm', {
    [TPM_ALG.AES]: block.keyBits,
    [TPM_ALG.XOR]: u16be,
    [TPM_ALG.NULL]: nothing,
  }),
  mode: select('algorithm', {
    [TPM_ALG.AES]: block.mode,
    [TPM_ALG.XOR]: nothing,
    [TPM_ALG.NULL]: nothing,
  }),
})

const TPMS_SCHEME_HASH = struct('TPMS_SCHEME_HASH', { hashAlg: u16be })
const TPMS_SCHEME_ECDAA = struct('TPMS_SCHEME_ECDAA', { hashAlg: u16be, count: u16be })
const TPMS_SCHEME_XOR = struct('TPMS_SCHEME_XOR', { hashAlg: u16be, kdf: u16be })

/** How a signing command is to sign; NULL takes the key's own scheme. Part 2, 11.2.1.5. */
export const TPMT_SIG_SCHEME = struct('TPMT_SIG_SCHEME', {
  scheme: u16be,
  details: select('scheme', {
    [TPM_ALG.RSASSA]: TPMS_SCHEME_HASH,
    [TPM_ALG.RSAPSS]: TPMS_SCHEME_HASH,
    [TPM_ALG.ECDSA]: TPMS_SCHEME_HASH,
    [TPM_ALG.SM2]: TPMS_SCHEME_HASH,
    [TPM_ALG.ECSCHNORR]: TPMS_SCHEME_HASH,
    [TPM_ALG.ECDAA]: TPMS_SCHEME_ECDAA,
    [TPM_ALG.HMAC]: TPMS_SCHEME_HASH,
    [TPM_ALG.NULL]: nothing,
  }),
})
export type TPMT_SIG_SCHEME = Of<typeof TPMT_SIG_SCHEME>

const TPMT_RSA_SCHEME = struct('TPMT_RSA_SCHEME', {
  scheme: u16be,
  details: select('scheme', {
    [TPM_ALG.RSASSA]: TPMS_SCHEME_HASH,
    [TPM_ALG.RSAPSS]: TPMS_SCHEME_HASH,
    [TPM_ALG.OAEP]: TPMS_SCHEME_HASH,
    [TPM_ALG.RSAES]: nothing,
    [TPM_ALG.NULL]: nothing,
  }),
})

const TPMT_ECC_SCHEME = struct('TPMT_ECC_SCHEME', {
  scheme: u16be,
  details: select('scheme', {
    [TPM_ALG.ECDSA]: TPMS_SCHEME_HASH,
    [TPM_ALG.SM2]: TPMS_SCHEME_HASH,
    [TPM_ALG.ECSCHNORR]: TPMS_SCHEME_HASH,
    [TPM_ALG.ECDH]: TPMS_SCHEME_HASH,
    [TPM_ALG.ECDAA]: TPMS_SCHEME_ECDAA,
    [TPM_ALG.NULL]: nothing,
  }),
})

const TPMT_KDF_SCHEME = struct('TPMT_KDF_SCHEME', {
  scheme: u16be,
  details: select('scheme', {
    [TPM_ALG.MGF1]: TPMS_SCHEME_HASH,
    [TPM_ALG.KDF1_SP800_56A]: TPMS_SCHEME_HASH,
    [TPM_ALG.KDF2]: TPMS_SCHEME_HASH,
    [TPM_ALG.KDF1_SP800_108]: TPMS_SCHEME_HASH,
    [TPM_ALG.NULL]: nothing,
  }),
})

const TPMT_KEYEDHASH_SCHEME = struct('TPMT_KEYEDHASH_SCHEME', {
  scheme: u16be,
  details: select('scheme', {
    [TPM_ALG.HMAC]: TPMS_SCHEME_HASH,
    [TPM_ALG.XOR]: TPMS_SCHEME_XOR,
    [TPM_ALG.NULL]: nothing,
  }),
})

const TPMS_RSA_PARMS = struct('TPMS_RSA_PARMS', {
  symmetric: TPMT_SYM_DEF_OBJECT,
  scheme: TPMT_RSA_SCHEME,
  keyBits: u16be,
  exponent: u32be,
})

const TPMS_ECC_PARMS = struct('TPMS_ECC_PARMS', {
  symmetric: TPMT_SYM_DEF_OBJECT,
  scheme: TPMT_ECC_SCHEME,
  curveID: u16be,
  kdf: TPMT_KDF_SCHEME,
})

const TPMS_ECC_POINT = struct('TPMS_ECC_POINT', { x: TPM2B_ECC_PARAMETER, y: TPM2B_ECC_PARAMETER })

/**
 * The public area of an object: what its name is the hash of. Attributes are `TPMA_OBJECT`; an RSA
 * `exponent` of 0 means 65537. Part 2, 12.2.4.
 */
export const TPMT_PUBLIC = struct('TPMT_PUBLIC', {
  type: u16be,
  nameAlg: u16be,
  objectAttributes: u32be,
  authPolicy: TPM2B_DIGEST,
  parameters: select('type', {
    [TPM_ALG.RSA]: TPMS_RSA_PARMS,
    [TPM_ALG.ECC]: TPMS_ECC_PARMS,
    [TPM_ALG.KEYEDHASH]: TPMT_KEYEDHASH_SCHEME,
    [TPM_ALG.SYMCIPHER]: TPMT_SYM_DEF_OBJECT,
  }),
  unique: select('type', {
    [TPM_ALG.RSA]: TPM2B_PUBLIC_KEY_RSA,
    [TPM_ALG.ECC]: TPMS_ECC_POINT,
    [TPM_ALG.KEYEDHASH]: TPM2B_DIGEST,
    [TPM_ALG.SYMCIPHER]: TPM2B_DIGEST,
  }),
})
export type TPMT_PUBLIC = Of<typeof TPMT_PUBLIC>

/** A public area behind its size. Part 2, 12.2.5. */
export const TPM2B_PUBLIC = sizedOf(u16be, TPMT_PUBLIC, { max: 1024 })

/** What a new object starts from: its authorization value and, when sealing, the data. Part 2, 11.1.15. */
export const TPM2B_SENSITIVE_CREATE = sizedOf(
  u16be,
  struct('TPMS_SENSITIVE_CREATE', { userAuth: TPM2B_AUTH, data: TPM2B_SENSITIVE_DATA }),
  { max: 512 },
)
