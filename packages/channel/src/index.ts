export type { BankName } from './banks.ts'
export { collectEvidence } from './collect-evidence.ts'
export { type Ask, type Asked, Conversation } from './conversation.ts'
export { AgentError, type AgentErrorCode, ChannelError, type ChannelErrorCode } from './errors.ts'
export {
  type AgentInfo,
  decodeEvidence,
  type Evidence,
  type EvidenceRequest,
  encodeEvidence,
  evidenceParts,
  type Quote,
  type Quoted,
  type Rollback,
} from './evidence.ts'
export { encodeFrame, type Frame, FrameReader } from './framing.ts'
export {
  AGENT_PORT_NAME,
  CERTIFICATE_BYTES_MAX,
  CHANNEL_VERSION,
  EVENT_LOG_BYTES_MAX,
  EVIDENCE_BYTES_MAX,
  FRAME_BYTES_MAX,
  IMA_LOG_BYTES_MAX,
  INFO_TEXT_CHARACTERS_MAX,
  LOG_PART_BYTES_MAX,
  MODULE_MESSAGE_CHARACTERS_MAX,
  MODULE_MESSAGES_MAX,
  NONCE_BYTES,
  PCR_COUNT,
  QUESTION_FRAME_BYTES_MAX,
  QUESTIONS_OUTSTANDING_MAX,
  STALE_ANSWERS_MAX,
  USERSPACE_LOG_BYTES_MAX,
} from './limits.ts'
export {
  type Answer,
  type AnyQuestion,
  decodeAnswer,
  decodeQuestion,
  type ExchangeName,
  encodeAgentError,
  encodeAnswer,
  encodeQuestion,
  type LogName,
  type LogRequest,
  type Question,
} from './messages.ts'
export { toPlainText } from './plain-text.ts'
