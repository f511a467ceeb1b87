/**
 * The version of framing and messages. Another one is refused: a question that is new has a number of its own, and
 * an agent that is older answers it `unsupported`.
 */
export const CHANNEL_VERSION = 1

/** The virtio-serial port that the host gives and the agent looks for. */
export const AGENT_PORT_NAME = 'org.trusted-launch.agent.0'

/** A frame behind its length: version, type, id and payload. */
export const FRAME_BYTES_MAX = 64 * 1024
export const FRAME_BYTES_MIN = 6
/** A frame that asks: what an agent takes from its host. */
export const QUESTION_FRAME_BYTES_MAX = 1024
/** Questions that may wait for their answers at the same time, on one connection. */
export const QUESTIONS_OUTSTANDING_MAX = 8
/** Answers meant for an earlier connection that a new one forgives, before its own first answer. */
export const STALE_ANSWERS_MAX = 8
/** What one answer carries of a log: small, because the agent is. */
export const LOG_PART_BYTES_MAX = 16 * 1024

/** A nonce: drawn by who asks, quoted as qualifyingData. */
export const NONCE_BYTES = 32
/** PCRs of a PC Client TPM: 0 to 23. */
export const PCR_COUNT = 24
export const BANKS_MAX = 4
export const DIGEST_BYTES_MAX = 64

/** TPMT_PUBLIC, TPMS_ATTEST and TPMT_SIGNATURE of an RSA-4096 key fit three times over. */
export const PUBLIC_BYTES_MAX = 2048
export const ATTEST_BYTES_MAX = 2048
export const SIGNATURE_BYTES_MAX = 2048
export const NV_PUBLIC_BYTES_MAX = 256
/** An NV index of libtpms holds at most so much (certificates live in one). */
export const CERTIFICATE_BYTES_MAX = 2048

/** What is taken of each log, in bytes. */
export const EVENT_LOG_BYTES_MAX = 1024 * 1024
export const IMA_LOG_BYTES_MAX = 4 * 1024 * 1024
export const USERSPACE_LOG_BYTES_MAX = 256 * 1024

/** Characters of what a guest says of itself, and of an error's code and detail. */
export const INFO_TEXT_CHARACTERS_MAX = 128
export const ERROR_CODE_CHARACTERS_MAX = 32
export const ERROR_DETAIL_CHARACTERS_MAX = 200

/** Lines of the kernel's log about modules, and characters of one: what an agent hands out of it. */
export const MODULE_MESSAGES_MAX = 32
export const MODULE_MESSAGE_CHARACTERS_MAX = 200

/** Evidence as one value, logs included: what a stored record sets aside for it. */
export const EVIDENCE_BYTES_MAX =
  EVENT_LOG_BYTES_MAX + IMA_LOG_BYTES_MAX + USERSPACE_LOG_BYTES_MAX + 2 * FRAME_BYTES_MAX
