export { encodeCanonical, formatCanonical, type Json } from './canonical-json.ts'
export { COMPONENT, moduleComponent } from './component.ts'
export {
  checkReferenceValues,
  type Digests,
  encodeReferenceValues,
  type LearntFirmware,
  parseReferenceValues,
  type ReferenceEvent,
  type ReferenceFirmware,
  type ReferenceModule,
  type ReferencePcr,
  type ReferenceValues,
  type ReferenceVariables,
  referenceValuesBytesMax,
} from './reference-values.ts'
export {
  type AttestationResult,
  type BootStage,
  type Claim,
  type Finding,
  type Severity,
  type Tier,
  tierOfFindings,
} from './result.ts'
