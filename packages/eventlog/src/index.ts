export {
  ACTION,
  BANKS,
  type Bank,
  BOOT_PHASES,
  bankOf,
  EV,
  MAX_EVENT_LOG_SIZE,
  PCR_COUNT,
  SIGNATURE,
  TPM_ALG,
  WINDOWS_SEPARATOR,
} from './constants.ts'
export { describeData, describeEvent, eventTypeName, notesOf } from './describe.ts'
export { TCG_EfiSpecIDEvent, TCG_PCR_EVENT, TCG_PCR_EVENT2 } from './event.ts'
export { decodeEventData, type EventData, type IplWriter } from './event-data.ts'
export { wideText } from './event-text.ts'
export { explain, unmeasured } from './explain.ts'
export type { Explanation, ExplanationStatus, Range, Rule } from './explanation.ts'
export {
  decodeImaList,
  encodeImaList,
  type ImaEntry,
  MAX_IMA_LIST_SIZE,
  templateDigest,
  templateHashHolds,
} from './ima.ts'
export {
  encodeTemplateData,
  type ImaDigest,
  type ImaFields,
  type ImaTemplateData,
} from './ima-template.ts'
export {
  buildEventLog,
  type DecodeOptions,
  decodeEventLog,
  type EventLog,
  type EventLogFormat,
  encodeEventLog,
  type LoggedEvent,
  type NewEvent,
} from './log.ts'
export { QUIRKS, type Quirk } from './quirks.ts'
export {
  extend,
  type PcrReplay,
  type Replay,
  type ReplayFault,
  replay,
  startValue,
} from './replay.ts'
export {
  type BootAggregateRule,
  bootAggregate,
  bootAggregateRule,
  IMA_PCR,
  type ImaReplay,
  type ImaReplayOptions,
  imaValueAfter,
  replayIma,
} from './replay-ima.ts'
export {
  decodeSipa,
  encodeSipa,
  SIPA_DEPTH_MAX,
  SIPA_EVENTS_MAX,
  type TCG_PCClientTaggedEventStruct,
} from './sipa.ts'
export {
  isAggregation,
  isSipaId,
  SIPAERROR,
  SIPAEVENT,
  SIPAEVENTTYPE,
  sipaFamily,
  sipaName,
} from './sipa-ids.ts'
export {
  FVEB_UNLOCK_FLAG,
  LSA_ISO,
  SIPAEVENT_REVOCATION_LIST_PAYLOAD,
  SIPAEVENT_SI_POLICY_PAYLOAD,
  sipaNumber,
  sipaText,
  TRANSFER_CONTROL,
} from './sipa-values.ts'
export { NO_PCR } from './trust-point.ts'
export {
  decodeUserspaceLog,
  isTextMeasured,
  MAX_USERSPACE_LOG_SIZE,
  replayUserspaceLog,
  type UserspaceRecord,
} from './userspace-log.ts'
