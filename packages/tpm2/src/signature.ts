import { nothing, type Of, select, struct, u16be } from '@trusted-launch/codec'
import { TPMT_HA } from './buffers.ts'
import { TPM_ALG } from './constants.ts'
import { TPM2B_ECC_PARAMETER, TPM2B_PUBLIC_KEY_RSA } from './public.ts'

/** TPM 2.0 Part 2, 11.3.1. */
const TPMS_SIGNATURE_RSA = struct('TPMS_SIGNATURE_RSA', { hash: u16be, sig: TPM2B_PUBLIC_KEY_RSA })

/** Part 2, 11.3.2. */
const TPMS_SIGNATURE_ECC = struct('TPMS_SIGNATURE_ECC', {
  hash: u16be,
  signatureR: TPM2B_ECC_PARAMETER,
  signatureS: TPM2B_ECC_PARAMETER,
})

/** A signature with its scheme and hash, both as the signer says: compare them. Part 2, 11.3.4. */
export const TPMT_SIGNATURE = struct('TPMT_SIGNATURE', {
  sigAlg: u16be,
  signature: select('sigAlg', {
    [TPM_ALG.RSASSA]: TPMS_SIGNATURE_RSA,
    [TPM_ALG.RSAPSS]: TPMS_SIGNATURE_RSA,
    [TPM_ALG.ECDSA]: TPMS_SIGNATURE_ECC,
    [TPM_ALG.ECDAA]: TPMS_SIGNATURE_ECC,
    [TPM_ALG.SM2]: TPMS_SIGNATURE_ECC,
    [TPM_ALG.ECSCHNORR]: TPMS_SIGNATURE_ECC,
    [TPM_ALG.HMAC]: TPMT_HA,
    [TPM_ALG.NULL]: nothing,
  }),
})
export type TPMT_SIGNATURE = Of<typeof TPMT_SIGNATURE>
