import { type Of, sizedOf, struct, u16be, u32be } from '@trusted-launch/codec'
import { TPM2B_DIGEST } from './buffers.ts'

/**
 * A non-volatile index: what its name is the hash of. `attributes` are `TPMA_NV`, the index's type
 * (`TPM_NT`) among them. TPM 2.0 Part 2, 13.5.
 */
export const TPMS_NV_PUBLIC = /* @__PURE__ */ struct('TPMS_NV_PUBLIC', {
  nvIndex: u32be,
  nameAlg: u16be,
  attributes: u32be,
  authPolicy: TPM2B_DIGEST,
  dataSize: u16be,
})
export type TPMS_NV_PUBLIC = Of<typeof TPMS_NV_PUBLIC>

/** An index behind its size. Part 2, 13.6. */
export const TPM2B_NV_PUBLIC = /* @__PURE__ */ sizedOf(u16be, TPMS_NV_PUBLIC, { max: 78 })
