import { constant, sizedOf, struct, u8, u16be, u32be } from '@trusted-launch/codec'
import { TPM2B_DATA, TPM2B_DIGEST, TPM2B_NAME, TPML_PCR_SELECTION } from './buffers.ts'
import { TPM_ST } from './constants.ts'

/** The circumstances under which an object was made. TPM 2.0 Part 2, 15.1. */
export const TPMS_CREATION_DATA = /* @__PURE__ */ struct('TPMS_CREATION_DATA', {
  pcrSelect: TPML_PCR_SELECTION,
  pcrDigest: TPM2B_DIGEST,
  locality: u8,
  parentNameAlg: u16be,
  parentName: TPM2B_NAME,
  parentQualifiedName: TPM2B_NAME,
  outsideInfo: TPM2B_DATA,
})

/** Part 2, 15.2. */
export const TPM2B_CREATION_DATA = /* @__PURE__ */ sizedOf(u16be, TPMS_CREATION_DATA, { max: 1024 })

/** The TPM's ticket that it made the object. Part 2, 10.7.3. */
export const TPMT_TK_CREATION = /* @__PURE__ */ struct('TPMT_TK_CREATION', {
  tag: constant(u16be, TPM_ST.CREATION),
  hierarchy: u32be,
  digest: TPM2B_DIGEST,
})

/** The TPM's ticket that a policy was once satisfied. `tag` tells how. Part 2, 10.7.5. */
export const TPMT_TK_AUTH = /* @__PURE__ */ struct('TPMT_TK_AUTH', {
  tag: u16be,
  hierarchy: u32be,
  digest: TPM2B_DIGEST,
})
