export {
  ACTION,
  BANKS,
  type Bank,
  bankOf,
  EV,
  MAX_EVENT_LOG_SIZE,
  PCR_COUNT,
  SIGNATURE,
  TPM_ALG,
} from './constants.ts'
export { TCG_EfiSpecIDEvent, TCG_PCR_EVENT, TCG_PCR_EVENT2 } from './event.ts'
export { decodeEventData, type EventData, type IplWriter } from './event-data.ts'
export {
  type Explanation,
  type ExplanationStatus,
  explain,
  type Range,
  type Rule,
  unmeasured,
} from './explain.ts'
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
