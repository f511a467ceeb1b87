import { numbers } from '@trusted-launch/codec'

/** Algorithm identifiers. TPM 2.0 Part 2, 6.3. */
export const TPM_ALG = /* @__PURE__ */ numbers('TPM_ALG', {
  RSA: 0x0001,
  SHA1: 0x0004,
  HMAC: 0x0005,
  AES: 0x0006,
  MGF1: 0x0007,
  KEYEDHASH: 0x0008,
  XOR: 0x000a,
  SHA256: 0x000b,
  SHA384: 0x000c,
  SHA512: 0x000d,
  NULL: 0x0010,
  SM3_256: 0x0012,
  RSASSA: 0x0014,
  RSAES: 0x0015,
  RSAPSS: 0x0016,
  OAEP: 0x0017,
  ECDSA: 0x0018,
  ECDH: 0x0019,
  ECDAA: 0x001a,
  SM2: 0x001b,
  ECSCHNORR: 0x001c,
  KDF1_SP800_56A: 0x0020,
  KDF2: 0x0021,
  KDF1_SP800_108: 0x0022,
  ECC: 0x0023,
  SYMCIPHER: 0x0025,
  CAMELLIA: 0x0026,
  CTR: 0x0040,
  OFB: 0x0041,
  CBC: 0x0042,
  CFB: 0x0043,
  ECB: 0x0044,
})

/** Curves. Part 2, 6.4. */
export const TPM_ECC = /* @__PURE__ */ numbers('TPM_ECC', {
  NIST_P256: 0x0003,
  NIST_P384: 0x0004,
  NIST_P521: 0x0005,
})

/** Structure tags. Part 2, 6.9. */
export const TPM_ST = /* @__PURE__ */ numbers('TPM_ST', {
  RSP_COMMAND: 0x00c4,
  NO_SESSIONS: 0x8001,
  SESSIONS: 0x8002,
  ATTEST_NV: 0x8014,
  ATTEST_COMMAND_AUDIT: 0x8015,
  ATTEST_SESSION_AUDIT: 0x8016,
  ATTEST_CERTIFY: 0x8017,
  ATTEST_QUOTE: 0x8018,
  ATTEST_TIME: 0x8019,
  ATTEST_CREATION: 0x801a,
  ATTEST_NV_DIGEST: 0x801c,
  CREATION: 0x8021,
  VERIFIED: 0x8022,
  AUTH_SECRET: 0x8023,
  HASHCHECK: 0x8024,
  AUTH_SIGNED: 0x8025,
})

/** What every attestation structure begins with: "\xffTCG". Part 2, 6.2. */
export const TPM_GENERATED_VALUE = 0xff54_4347

/** Command codes. Part 2, 6.5.2. */
export const TPM_CC = /* @__PURE__ */ numbers('TPM_CC', {
  EvictControl: 0x0120,
  NV_UndefineSpace: 0x0122,
  Clear: 0x0126,
  ClearControl: 0x0127,
  HierarchyChangeAuth: 0x0129,
  NV_DefineSpace: 0x012a,
  PCR_Allocate: 0x012b,
  CreatePrimary: 0x0131,
  NV_Extend: 0x0136,
  NV_Write: 0x0137,
  NV_WriteLock: 0x0138,
  DictionaryAttackLockReset: 0x0139,
  DictionaryAttackParameters: 0x013a,
  PCR_Event: 0x013c,
  SelfTest: 0x0143,
  Startup: 0x0144,
  Shutdown: 0x0145,
  ActivateCredential: 0x0147,
  Certify: 0x0148,
  NV_Read: 0x014e,
  PolicySecret: 0x0151,
  Create: 0x0153,
  Load: 0x0157,
  Quote: 0x0158,
  Unseal: 0x015e,
  FlushContext: 0x0165,
  MakeCredential: 0x0168,
  NV_ReadPublic: 0x0169,
  ReadPublic: 0x0173,
  StartAuthSession: 0x0176,
  GetCapability: 0x017a,
  GetRandom: 0x017b,
  PCR_Read: 0x017e,
  PolicyPCR: 0x017f,
  ReadClock: 0x0181,
  PCR_Extend: 0x0182,
  NV_Certify: 0x0184,
  PolicyGetDigest: 0x0189,
})

/** Permanent handles. Part 2, 7.4. `PW` is TPM_RS_PW, the password "session". */
export const TPM_RH = /* @__PURE__ */ numbers('TPM_RH', {
  OWNER: 0x4000_0001,
  NULL: 0x4000_0007,
  PW: 0x4000_0009,
  LOCKOUT: 0x4000_000a,
  ENDORSEMENT: 0x4000_000b,
  PLATFORM: 0x4000_000c,
})

/** Startup and shutdown types. Part 2, 6.10. */
export const TPM_SU = /* @__PURE__ */ numbers('TPM_SU', { CLEAR: 0x0000, STATE: 0x0001 })

/** Session types. Part 2, 6.11. */
export const TPM_SE = /* @__PURE__ */ numbers('TPM_SE', { HMAC: 0x00, POLICY: 0x01, TRIAL: 0x03 })

/** What TPM2_GetCapability can tell. Part 2, 6.12. */
export const TPM_CAP = /* @__PURE__ */ numbers('TPM_CAP', {
  ALGS: 0x0000,
  HANDLES: 0x0001,
  COMMANDS: 0x0002,
  PP_COMMANDS: 0x0003,
  AUDIT_COMMANDS: 0x0004,
  PCRS: 0x0005,
  TPM_PROPERTIES: 0x0006,
  PCR_PROPERTIES: 0x0007,
  ECC_CURVES: 0x0008,
})

/** Properties of a TPM. Part 2, 6.13. */
export const TPM_PT = /* @__PURE__ */ numbers('TPM_PT', {
  FAMILY_INDICATOR: 0x100,
  REVISION: 0x102,
  MANUFACTURER: 0x105,
  VENDOR_STRING_1: 0x106,
  VENDOR_STRING_2: 0x107,
  VENDOR_STRING_3: 0x108,
  VENDOR_STRING_4: 0x109,
  FIRMWARE_VERSION_1: 0x10b,
  FIRMWARE_VERSION_2: 0x10c,
  NV_INDEX_MAX: 0x117,
  NV_BUFFER_MAX: 0x12c,
  PERMANENT: 0x200,
  STARTUP_CLEAR: 0x201,
  LOCKOUT_COUNTER: 0x20e,
  MAX_AUTH_FAIL: 0x20f,
  LOCKOUT_INTERVAL: 0x210,
  LOCKOUT_RECOVERY: 0x211,
})

/** Attributes of an object. Part 2, 8.3. */
export const TPMA_OBJECT = /* @__PURE__ */ numbers('TPMA_OBJECT', {
  fixedTPM: 0x0000_0002,
  stClear: 0x0000_0004,
  fixedParent: 0x0000_0010,
  sensitiveDataOrigin: 0x0000_0020,
  userWithAuth: 0x0000_0040,
  adminWithPolicy: 0x0000_0080,
  noDA: 0x0000_0400,
  encryptedDuplication: 0x0000_0800,
  restricted: 0x0001_0000,
  decrypt: 0x0002_0000,
  sign: 0x0004_0000,
})

/** Attributes of a session. Part 2, 8.4. */
export const TPMA_SESSION = /* @__PURE__ */ numbers('TPMA_SESSION', { continueSession: 0x01 })

/** Attributes of a non-volatile index; its type (`TPM_NT`) stands in bits 4-7. Part 2, 13.4. */
export const TPMA_NV = /* @__PURE__ */ numbers('TPMA_NV', {
  PPWRITE: 0x0000_0001,
  OWNERWRITE: 0x0000_0002,
  AUTHWRITE: 0x0000_0004,
  POLICYWRITE: 0x0000_0008,
  POLICY_DELETE: 0x0000_0400,
  WRITELOCKED: 0x0000_0800,
  WRITEALL: 0x0000_1000,
  WRITEDEFINE: 0x0000_2000,
  WRITE_STCLEAR: 0x0000_4000,
  GLOBALLOCK: 0x0000_8000,
  PPREAD: 0x0001_0000,
  OWNERREAD: 0x0002_0000,
  AUTHREAD: 0x0004_0000,
  POLICYREAD: 0x0008_0000,
  NO_DA: 0x0200_0000,
  ORDERLY: 0x0400_0000,
  CLEAR_STCLEAR: 0x0800_0000,
  READLOCKED: 0x1000_0000,
  WRITTEN: 0x2000_0000,
  PLATFORMCREATE: 0x4000_0000,
  READ_STCLEAR: 0x8000_0000,
})

/** Types of a non-volatile index, where they stand in its attributes (bits 4-7). Part 2, 13.2. */
export const TPM_NT = /* @__PURE__ */ numbers('TPM_NT', {
  ORDINARY: 0x00,
  COUNTER: 0x10,
  BITS: 0x20,
  EXTEND: 0x40,
})
