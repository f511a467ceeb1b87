import { ERROR_CODE_CHARACTERS_MAX, ERROR_DETAIL_CHARACTERS_MAX } from './limits.ts'
import { toPlainText } from './plain-text.ts'

/**
 * What can be wrong with a connection or with one exchange on it. `answer-late` (silence) and
 * `channel-closed` are for the caller, who has the clock and the socket.
 */
export type ChannelErrorCode =
  | 'frame-too-long'
  | 'frame-too-short'
  | 'frame-version'
  | 'answer-unasked'
  | 'answer-mismatched'
  | 'answer-malformed'
  | 'answer-late'
  | 'log-too-long'
  | 'log-short'
  | 'questions-too-many'
  | 'channel-closed'

/** A guest, or a connection to it, that breaks the protocol: the connection is closed, not mended. */
export class ChannelError extends Error {
  readonly code: ChannelErrorCode
  /** Numbers and names for the code, never bytes of the guest's. */
  readonly fields: Readonly<Record<string, string | number>>

  constructor(
    code: ChannelErrorCode,
    message: string,
    fields: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'ChannelError'
    this.code = code
    this.fields = fields
  }
}

/** Why the agent has no answer. */
export type AgentErrorCode =
  | 'ak-unavailable'
  | 'bank-unavailable'
  | 'log-unavailable'
  | 'malformed-question'
  | 'pcrs-unstable'
  | 'rollback-unavailable'
  | 'tpm-error'
  | 'tpm-missing'
  | 'unsupported'
  | 'agent-failed'

const agentCodes: readonly string[] = [
  'ak-unavailable',
  'bank-unavailable',
  'log-unavailable',
  'malformed-question',
  'pcrs-unstable',
  'rollback-unavailable',
  'tpm-error',
  'tpm-missing',
  'unsupported',
  'agent-failed',
] satisfies AgentErrorCode[]

/**
 * The agent's own error, thrown in the guest and again on the host. A code that this side does not
 * know is `agent-failed`, with the code as it came in `reported`. `detail` is the guest's word.
 */
export class AgentError extends Error {
  readonly code: AgentErrorCode
  readonly reported: string
  readonly detail: string

  constructor(code: string, detail: string, options?: ErrorOptions) {
    const plainDetail = toPlainText(detail, ERROR_DETAIL_CHARACTERS_MAX)
    const reported = toPlainText(code, ERROR_CODE_CHARACTERS_MAX)
    super(`the agent says ${reported}: ${plainDetail}`, options)
    this.name = 'AgentError'
    this.code = agentCodes.includes(reported) ? (reported as AgentErrorCode) : 'agent-failed'
    this.reported = reported
    this.detail = plainDetail
  }
}
