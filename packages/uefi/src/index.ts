export {
  AuthenticatedWrite,
  EFI_VARIABLE_AUTHENTICATION_2,
  signedBytesOf,
  WIN_CERT_TYPE,
  WIN_CERTIFICATE,
} from './authenticated-variable.ts'
export {
  type AuthenticodeSignature,
  type AuthenticodeSignatures,
  authenticodeDigest,
  authenticodeSignatures,
  type UnreadableSignature,
} from './authenticode.ts'
export {
  DEVICE_PATH_TYPE,
  DevicePath,
  type EFI_DEVICE_PATH_PROTOCOL,
  formatDevicePath,
} from './device-path.ts'
export { AUTHENTICATED_VARIABLE, readEdk2Store, VAR_STATE, writeEdk2Store } from './edk2-store.ts'
export { EFI_TIME, EFI_TIME_ZERO } from './efi-time.ts'
export { UefiError, type UefiErrorCode } from './errors.ts'
export { EFI_GUID, formatGuid, GUIDS, nameOfGuid, parseGuid } from './guid.ts'
export { EFI_LOAD_OPTION } from './load-option.ts'
export { MOK_LIST_BYTES_MAX, withMachineOwnerKeys } from './machine-owner-keys.ts'
export {
  type MoreSignatures,
  missingSignatures,
  signaturesIn,
  templateWithMore,
  withMoreSignatures,
} from './more-signatures.ts'
export { decodePe, IMAGE_FILE_MACHINE, type PeImage, type PeSection, sectionOf } from './pe.ts'
export { parseSbat, revokedBySbat, type SbatEntry, type SbatRevoked, sbatOf } from './sbat.ts'
export {
  type SecureBootOffReason,
  type SecureBootState,
  secureBootState,
  signatureDatabaseOf,
} from './secure-boot-state.ts'
export {
  appendSignatures,
  databaseOf,
  mergeSignatures,
  type SecureBootTemplate,
  SIGNATURE_DATABASE_BYTES_MAX,
  signaturesOfDatabase,
  type TemplateSignature,
  templateOfCertificates,
  variablesOfTemplate,
  withSecureBoot,
} from './secure-boot-template.ts'
export {
  certificatesOfPem,
  formatSecureBootTemplate,
  parseSecureBootTemplate,
} from './secure-boot-template-json.ts'
export {
  SBAT_LEVEL_RESET,
  type ShimSbatLevel,
  type ShimVendor,
  sbatLevelBytes,
  shimSbatLevel,
  shimVendor,
  vendorDatabase,
} from './shim.ts'
export {
  certificateList,
  decodeSignatureDatabase,
  EFI_SIGNATURE_DATA,
  EFI_SIGNATURE_LIST,
  entriesOf,
  SignatureDatabase,
  type SignatureEntry,
  sha256List,
} from './signature-list.ts'
export {
  bootOptionName,
  EFI_VARIABLE,
  sameVariable,
  UEFI_VARIABLE_DATA,
  VARIABLES,
  type VariableName,
} from './variable.ts'
export {
  decodeVariableStore,
  encodeVariableStore,
  plainVariable,
  sameVariables,
  type Variable,
  VariableStore,
} from './variable-store.ts'
export {
  type ImagePolicy,
  type ImageRefusal,
  type ImageVerdict,
  verifyImage,
} from './verify-image.ts'
export { verifyAuthenticatedWrite } from './verify-write.ts'
