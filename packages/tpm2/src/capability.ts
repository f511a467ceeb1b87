import { list, type Of, select, sized, struct, u8, u16be, u32be } from '@trusted-launch/codec'
import { TPML_PCR_SELECTION } from './buffers.ts'
import { TPM_CAP } from './constants.ts'

/** What fits MAX_CAP_BUFFER (1024 bytes) of four-byte elements. TPM 2.0 Part 2, annex A. */
const wordsMax = 256

const TPMS_ALG_PROPERTY = struct('TPMS_ALG_PROPERTY', { alg: u16be, algProperties: u32be })
const TPMS_TAGGED_PROPERTY = struct('TPMS_TAGGED_PROPERTY', { property: u32be, value: u32be })
const TPMS_TAGGED_PCR_SELECT = struct('TPMS_TAGGED_PCR_SELECT', {
  tag: u32be,
  pcrSelect: sized(u8, { min: 3, max: 4 }),
})
const TPML_CC = list(u32be, u32be, { max: wordsMax })

/** What TPM2_GetCapability answers. Part 2, 10.10.2. */
export const TPMS_CAPABILITY_DATA = /* @__PURE__ */ struct('TPMS_CAPABILITY_DATA', {
  capability: u32be,
  data: select('capability', {
    [TPM_CAP.ALGS]: list(u32be, TPMS_ALG_PROPERTY, { max: wordsMax }),
    [TPM_CAP.HANDLES]: list(u32be, u32be, { max: wordsMax }),
    [TPM_CAP.COMMANDS]: TPML_CC,
    [TPM_CAP.PP_COMMANDS]: TPML_CC,
    [TPM_CAP.AUDIT_COMMANDS]: TPML_CC,
    [TPM_CAP.PCRS]: TPML_PCR_SELECTION,
    [TPM_CAP.TPM_PROPERTIES]: list(u32be, TPMS_TAGGED_PROPERTY, { max: wordsMax }),
    [TPM_CAP.PCR_PROPERTIES]: list(u32be, TPMS_TAGGED_PCR_SELECT, { max: wordsMax }),
    [TPM_CAP.ECC_CURVES]: list(u32be, u16be, { max: wordsMax }),
  }),
})
export type TPMS_CAPABILITY_DATA = Of<typeof TPMS_CAPABILITY_DATA>
