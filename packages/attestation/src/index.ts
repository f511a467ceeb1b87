export type { AppraisalInput } from './appraisal-input.ts'
export { type Appraised, appraiseEvidence } from './appraise.ts'
export {
  type AppraisedEvent,
  appraiseEventLog,
  type EventLogAppraisal,
  type EventLogInput,
} from './appraise-event-log.ts'
export { encodeCanonical, formatCanonical, type Json } from './canonical-json.ts'
export { approveReferences, describeOrigin, mergeReferences } from './change-references.ts'
export type { Check } from './check.ts'
export { checkImaEntries } from './check-ima.ts'
export { CHECK_LIST, type CheckKind } from './check-list.ts'
export { CHECKS, runChecks } from './checks.ts'
export { CLAIM_FORMS, CLAIM_NAMES } from './claim-names.ts'
export { type Claims, claimsOf } from './claims.ts'
export { COMPONENT, moduleComponent } from './component.ts'
export { concludeWithoutEvidence } from './conclude.ts'
export { diffReferences, type ReferenceDifference } from './diff-references.ts'
export type { RecordFault, RecordFaultCode } from './errors.ts'
export { type EventCheck, eventChecks } from './event-checks.ts'
export {
  type Expectation,
  type MachineShape,
  QUOTED_PCRS,
  type RollbackState,
} from './expectation.ts'
export { FINDINGS, type FindingId, type FindingKind, findingOf } from './finding-table.ts'
export { isGrownTable, tableMeasured } from './grown-table.ts'
export {
  type IdentifiedModule,
  identifyModules,
  type ModuleSigner,
} from './identify-modules.ts'
export {
  ActivatedKey,
  type ActivationChallenge,
  type ActivationQuestion,
  challengeKey,
} from './identity/activation.ts'
export { type Credential, makeCredential, randomBytesFor } from './identity/make-credential.ts'
export {
  type CreationEvidence,
  type VerifiedCreation,
  verifyCreation,
} from './identity/verify-creation.ts'
export {
  type EndorsementQuestion,
  type VerifiedEndorsement,
  verifyEndorsement,
} from './identity/verify-endorsement.ts'
export {
  decodeImportedKey,
  type ImportedKey,
  joinImportedKeys,
  KEY_FILE_BYTES_MAX,
} from './imported/attestation-key.ts'
export { type ImportedParts, importEvidence } from './imported/evidence.ts'
export { decodePcrValues, PCR_FILE_BYTES_MAX, type PcrsByBank } from './imported/pcr-file.ts'
export { decodeImportedQuote, decodeImportedSignature } from './imported/quote.ts'
export {
  array,
  boolean,
  different,
  hex,
  integer,
  nameOf,
  nullable,
  object,
  oneOf,
  record,
  type Shape,
  string,
} from './json-shape.ts'
export { forgetKnown } from './known.ts'
export { type BootChange, type BootDifference, learnChange, withApproved } from './learn-change.ts'
export {
  knownFirmware,
  learnFirmware,
  learnFromEvidence,
  mergeFirmware,
  parseLearntFirmware,
  withLearnt,
} from './learn-firmware.ts'
export { learnReferences } from './learn-references.ts'
export { measuredAs } from './measured-as.ts'
export { compareHostPart, type HostPart, type Invocation } from './memory/host-part.ts'
export { continueByStarts, type HostStart, isReverted } from './memory/host-starts.ts'
export {
  type HostRequest,
  type HostStatement,
  type HostVerdict,
  type StatedVariables,
  signHostStatement,
  statedVariables,
  verifyHostStatement,
} from './memory/host-statement.ts'
export {
  type ContinuedIma,
  continueIma,
  type ImaPart,
  type ImaState,
} from './memory/ima-list.ts'
export {
  keepNonce,
  type NonceFault,
  type OpenNonce,
  parseNonces,
  useNonce,
} from './memory/nonces.ts'
export {
  type Clearance,
  clearFailure,
  type Failure,
  failedBefore,
  type Standing,
} from './memory/standing.ts'
export {
  encodeMemory,
  NO_MEMORY,
  parseMemory,
  type Remembered,
  remember,
  rememberQuestion,
  rememberSilence,
  type VmMemory,
  withMemory,
} from './memory/vm-memory.ts'
export { microsoftAuthority } from './microsoft-authorities.ts'
export { missingRevocations } from './missing-revocations.ts'
export { type CheckedPcr, type PcrVerdict, pcrRows } from './pcr-rows.ts'
export { type PcrsByNumber, PcrValues } from './pcr-values.ts'
export {
  applyPolicy,
  checkPolicy,
  encodePolicy,
  type Policy,
  parsePolicy,
  severityOf,
  TRUSTED_LAUNCH_POLICY,
} from './policy.ts'
export { PROFILES, type Profile } from './profile.ts'
export type { Logs } from './read-logs.ts'
export {
  encodeRecord,
  formatResult,
  RECORD_AUDIENCE,
  recordBytesMax,
  type VerifiedRecord,
  verifyRecord,
} from './record.ts'
export {
  BOUND_VARIABLES,
  type BoundVariable,
  boundsFrom,
  type ReferenceBounds,
  type ReferenceSignature,
} from './reference-bounds.ts'
export type { Approval, ApprovedBy, ReferenceOrigin } from './reference-origin.ts'
export { matchesPattern } from './reference-pattern.ts'
export {
  checkReferenceValues,
  encodeReferenceValues,
  parseReferenceValues,
  type ReferenceValues,
  referenceValuesBytesMax,
  variantsMax,
} from './reference-values.ts'
export {
  type Digests,
  isApproved,
  type LearntFirmware,
  PINNED_PCRS,
  type ReferenceEvent,
  type ReferenceFirmware,
  type ReferenceModule,
  type ReferencePcr,
  type ReferenceVariables,
  type ReferenceVariant,
} from './reference-variant.ts'
export {
  type Comparison,
  describeRequirement,
  type Requirement,
  type Scalar,
} from './requirement.ts'
export {
  type AttestationResult,
  type BootStage,
  type Claim,
  type Finding,
  type Severity,
  type Tier,
  tierOfFindings,
} from './result.ts'
export { boundNonce, type TokenBinding } from './token/binding.ts'
export {
  isSignedBy,
  type SignToken,
  signTokensWith,
  TOKEN_CHARS_MAX,
  TOKEN_LIFETIME_SECONDS_MAX,
  type TokenIssuer,
  tokenOf,
} from './token/token.ts'
export {
  discoveryDocumentOf,
  jwksOf,
  parseJwks,
  parseTokenKeys,
  publishedKeys,
  rotateTokenKeys,
  type TokenKeys,
} from './token/token-keys.ts'
export {
  type ExpectedToken,
  type TokenClaims,
  type TokenFault,
  type TokenFaultCode,
  VerifiedToken,
} from './token/verify-token.ts'
export { type VariableValues, variantWithVariables } from './variant-with-variables.ts'
export { VerifiedAttestationKey } from './verify-attestation-key.ts'
export { type VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'
export { VerifiedQuote } from './verify-quote.ts'
export { type RollbackVerdict, unansweredMax, verifyRollback } from './verify-rollback.ts'
export { azureNamesOfWindows } from './windows-azure-names.ts'
export { parseWritten } from './written-json.ts'
