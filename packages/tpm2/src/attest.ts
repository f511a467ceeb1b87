import { constant, type Of, select, struct, u16be, u32be, u64be } from '@trusted-launch/codec'
import {
  TPM2B_DATA,
  TPM2B_DIGEST,
  TPM2B_MAX_NV_BUFFER,
  TPM2B_NAME,
  TPMI_YES_NO,
  TPML_PCR_SELECTION,
} from './buffers.ts'
import { TPM_GENERATED_VALUE, TPM_ST } from './constants.ts'

/**
 * The TPM's clock in milliseconds and its counters. It does not show that an older state was put
 * back; a key of the owner hierarchy signs it obfuscated. TPM 2.0 Part 2, 10.11.1.
 */
export const TPMS_CLOCK_INFO = /* @__PURE__ */ struct('TPMS_CLOCK_INFO', {
  clock: u64be,
  resetCount: u32be,
  restartCount: u32be,
  safe: TPMI_YES_NO,
})
export type TPMS_CLOCK_INFO = Of<typeof TPMS_CLOCK_INFO>

/** Milliseconds since the TPM got power, and its clock. Part 2, 10.11.6. */
export const TPMS_TIME_INFO = /* @__PURE__ */ struct('TPMS_TIME_INFO', {
  time: u64be,
  clockInfo: TPMS_CLOCK_INFO,
})

/** The quoted PCRs: which, and the digest over their values in order. Part 2, 10.12.4. */
export const TPMS_QUOTE_INFO = /* @__PURE__ */ struct('TPMS_QUOTE_INFO', {
  pcrSelect: TPML_PCR_SELECTION,
  pcrDigest: TPM2B_DIGEST,
})
export type TPMS_QUOTE_INFO = Of<typeof TPMS_QUOTE_INFO>

/** An object that is loaded in this TPM. Part 2, 10.12.3. */
export const TPMS_CERTIFY_INFO = /* @__PURE__ */ struct('TPMS_CERTIFY_INFO', {
  name: TPM2B_NAME,
  qualifiedName: TPM2B_NAME,
})

/** What a non-volatile index holds. Part 2, 10.12.8. */
export const TPMS_NV_CERTIFY_INFO = /* @__PURE__ */ struct('TPMS_NV_CERTIFY_INFO', {
  indexName: TPM2B_NAME,
  offset: u16be,
  nvContents: TPM2B_MAX_NV_BUFFER,
})
export type TPMS_NV_CERTIFY_INFO = Of<typeof TPMS_NV_CERTIFY_INFO>

/** What the TPM vouches for. `TPM_ST` chooses. Part 2, 10.12.11. */
const TPMU_ATTEST = {
  [TPM_ST.ATTEST_QUOTE]: TPMS_QUOTE_INFO,
  [TPM_ST.ATTEST_CERTIFY]: TPMS_CERTIFY_INFO,
  [TPM_ST.ATTEST_NV]: TPMS_NV_CERTIFY_INFO,
  [TPM_ST.ATTEST_CREATION]: struct('TPMS_CREATION_INFO', {
    objectName: TPM2B_NAME,
    creationHash: TPM2B_DIGEST,
  }),
  [TPM_ST.ATTEST_TIME]: struct('TPMS_TIME_ATTEST_INFO', {
    time: TPMS_TIME_INFO,
    firmwareVersion: u64be,
  }),
  [TPM_ST.ATTEST_COMMAND_AUDIT]: struct('TPMS_COMMAND_AUDIT_INFO', {
    auditCounter: u64be,
    digestAlg: u16be,
    auditDigest: TPM2B_DIGEST,
    commandDigest: TPM2B_DIGEST,
  }),
  [TPM_ST.ATTEST_SESSION_AUDIT]: struct('TPMS_SESSION_AUDIT_INFO', {
    exclusiveSession: TPMI_YES_NO,
    sessionDigest: TPM2B_DIGEST,
  }),
  [TPM_ST.ATTEST_NV_DIGEST]: struct('TPMS_NV_DIGEST_CERTIFY_INFO', {
    indexName: TPM2B_NAME,
    nvDigest: TPM2B_DIGEST,
  }),
} as const

/**
 * What a TPM signs when it attests. Verify the signature over the bytes as they came, then decode.
 * `extraData` is the caller's `qualifyingData`: the nonce. Part 2, 10.12.12.
 */
export const TPMS_ATTEST = /* @__PURE__ */ struct('TPMS_ATTEST', {
  magic: constant(u32be, TPM_GENERATED_VALUE),
  type: u16be,
  qualifiedSigner: TPM2B_NAME,
  extraData: TPM2B_DATA,
  clockInfo: TPMS_CLOCK_INFO,
  firmwareVersion: u64be,
  attested: select('type', TPMU_ATTEST),
})
export type TPMS_ATTEST = Of<typeof TPMS_ATTEST>
