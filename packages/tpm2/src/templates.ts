import { fromHex, toUtf8 } from '@trusted-launch/codec'
import { TPM_ALG, TPM_ECC, TPMA_OBJECT } from './constants.ts'
import type { TPMT_PUBLIC } from './public.ts'

/** Where the EK is kept. TCG EK Credential Profile 2.5, 2.2.1.4. */
export const EK_HANDLE = 0x8101_0001
/** Where the host keeps the AK: the same place as Azure's. */
export const AK_HANDLE = 0x8100_0003
/** The index of the RSA-2048 EK certificate. TCG EK Credential Profile 2.5, 2.2.1.4. */
export const EK_CERT_NV = 0x01c0_0002
/** The index of the AK certificate: the same place as Azure's. */
export const AK_CERT_NV = 0x01c1_01d0
/** The extend-only index (TPM_NT_EXTEND, platform-created) that shows a rollback of the vTPM. */
export const ROLLBACK_NV = 0x01c1_0200

const { fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, adminWithPolicy } = TPMA_OBJECT
const { noDA, restricted, decrypt, sign } = TPMA_OBJECT
const native = fixedTPM | fixedParent | sensitiveDataOrigin
const none = new Uint8Array()
const noCipher = { algorithm: TPM_ALG.NULL, keyBits: null, mode: null }
const aes128 = { algorithm: TPM_ALG.AES, keyBits: 128, mode: TPM_ALG.CFB }
const noScheme = { scheme: TPM_ALG.NULL, details: null }

/** PolicySecret(endorsement): who may use the EK is who knows endorsementAuth. */
const ekPolicy = fromHex('837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa')

/** The endorsement key, RSA-2048. TCG EK Credential Profile 2.5, B.3.3, template L-1. */
export const EK_RSA2048: TPMT_PUBLIC = {
  type: TPM_ALG.RSA,
  nameAlg: TPM_ALG.SHA256,
  objectAttributes: native | adminWithPolicy | restricted | decrypt,
  authPolicy: ekPolicy,
  parameters: { symmetric: aes128, scheme: noScheme, keyBits: 2048, exponent: 0 },
  unique: new Uint8Array(256),
}

/**
 * The attestation key, RSA-2048: restricted (it signs only what this TPM made), RSASSA with SHA-256,
 * empty authorization and out of dictionary-attack protection, so that a locked-out TPM still
 * attests. As a primary of the endorsement hierarchy this template gives the same key each time,
 * also after TPM2_Clear, and its counters are signed plainly.
 */
export const AK_RSA2048: TPMT_PUBLIC = {
  type: TPM_ALG.RSA,
  nameAlg: TPM_ALG.SHA256,
  objectAttributes: native | userWithAuth | noDA | restricted | sign,
  authPolicy: none,
  parameters: {
    symmetric: noCipher,
    scheme: { scheme: TPM_ALG.RSASSA, details: { hashAlg: TPM_ALG.SHA256 } },
    keyBits: 2048,
    exponent: 0,
  },
  unique: toUtf8('trusted-launch attestation key'),
}

/** A storage parent, RSA-2048: the parent of what is sealed. TCG Provisioning Guidance 1.0, 7.5.1. */
export const SRK_RSA2048: TPMT_PUBLIC = {
  ...EK_RSA2048,
  objectAttributes: native | userWithAuth | noDA | restricted | decrypt,
  authPolicy: none,
}

/** A storage parent, P-256: as good, and made in a few milliseconds. */
export const SRK_P256: TPMT_PUBLIC = {
  type: TPM_ALG.ECC,
  nameAlg: TPM_ALG.SHA256,
  objectAttributes: native | userWithAuth | noDA | restricted | decrypt,
  authPolicy: none,
  parameters: { symmetric: aes128, scheme: noScheme, curveID: TPM_ECC.NIST_P256, kdf: noScheme },
  unique: { x: new Uint8Array(32), y: new Uint8Array(32) },
}

/** Data sealed to a policy: no password opens it. The data comes as `inSensitive.data` of TPM2_Create. */
export function sealedData(authPolicy: Uint8Array): TPMT_PUBLIC {
  return {
    type: TPM_ALG.KEYEDHASH,
    nameAlg: TPM_ALG.SHA256,
    objectAttributes: fixedTPM | fixedParent | adminWithPolicy | noDA,
    authPolicy,
    parameters: noScheme,
    unique: none,
  }
}
