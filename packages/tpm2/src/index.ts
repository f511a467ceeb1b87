export {
  TPMS_ATTEST,
  TPMS_CERTIFY_INFO,
  TPMS_CLOCK_INFO,
  TPMS_NV_CERTIFY_INFO,
  TPMS_QUOTE_INFO,
  TPMS_TIME_INFO,
} from './attest.ts'
export { password, policy, TPMS_AUTH_COMMAND, TPMS_AUTH_RESPONSE } from './authorization.ts'
export {
  TPM2B_ATTEST,
  TPM2B_DATA,
  TPM2B_DIGEST,
  TPM2B_ENCRYPTED_SECRET,
  TPM2B_ID_OBJECT,
  TPM2B_NAME,
  TPM2B_PRIVATE,
  TPML_DIGEST_VALUES,
  TPML_PCR_SELECTION,
  TPMS_PCR_SELECTION,
  TPMT_HA,
} from './buffers.ts'
export { TPMS_CAPABILITY_DATA } from './capability.ts'
export type { Command } from './command.ts'
export {
  ActivateCredential,
  Certify,
  Clear,
  ClearControl,
  Create,
  CreatePrimary,
  DictionaryAttackLockReset,
  DictionaryAttackParameters,
  EvictControl,
  FlushContext,
  GetCapability,
  GetRandom,
  HierarchyChangeAuth,
  Load,
  NV_Certify,
  NV_DefineSpace,
  NV_Extend,
  NV_Read,
  NV_ReadPublic,
  NV_UndefineSpace,
  NV_Write,
  PCR_Allocate,
  PCR_Extend,
  PCR_Read,
  PolicyGetDigest,
  PolicyPCR,
  PolicySecret,
  Quote,
  ReadClock,
  ReadPublic,
  SelfTest,
  Shutdown,
  StartAuthSession,
  Startup,
  Unseal,
} from './commands.ts'
export {
  TPM_ALG,
  TPM_CAP,
  TPM_CC,
  TPM_ECC,
  TPM_GENERATED_VALUE,
  TPM_NT,
  TPM_PT,
  TPM_RH,
  TPM_SE,
  TPM_ST,
  TPM_SU,
  TPMA_NV,
  TPMA_OBJECT,
} from './constants.ts'
export { TPMS_CREATION_DATA, TPMT_TK_CREATION } from './creation.ts'
export { PcrError, parseResponseCode, type ResponseCode, type Subject, TpmError } from './errors.ts'
export { encodeCommand, execute } from './execute.ts'
export { hashNameOf, nameOfNv, nameOfPublic } from './names.ts'
export { TPM2B_NV_PUBLIC, TPMS_NV_PUBLIC } from './nv.ts'
export {
  type BankOfPcrs,
  decodePcrFile,
  MARSHALED_PCRS,
  SERIALIZED_PCRS,
} from './pcr-file.ts'
export { decodePcrSelection, encodePcrSelection, type PcrReading, readPcrs } from './pcrs.ts'
export { TPM2B_PUBLIC, TPMT_PUBLIC, TPMT_SIG_SCHEME } from './public.ts'
export { TPM_RC, TPM_RC_FMT1 } from './response-codes.ts'
export { pcrPolicy, startPolicySession } from './sessions.ts'
export { TPMT_SIGNATURE } from './signature.ts'
export {
  AK_CERT_NV,
  AK_HANDLE,
  AK_RSA2048,
  EK_CERT_NV,
  EK_HANDLE,
  EK_RSA2048,
  ROLLBACK_NV,
  SRK_P256,
  SRK_RSA2048,
  sealedData,
} from './templates.ts'
export { responseBytesMax, responseSize, type Transport } from './transport.ts'
