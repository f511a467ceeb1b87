import {
  bytes,
  type Codec,
  checked,
  decode,
  encode,
  nothing,
  type Of,
  optional,
  sized,
  struct,
  u8,
  u32be,
} from '@trusted-launch/codec'
import { AgentError, ChannelError } from './errors.ts'
import {
  AGENT_INFO,
  CERTIFICATE,
  EVIDENCE_REQUEST,
  MODULE_MESSAGES,
  QUOTED,
  ROLLBACK,
} from './evidence.ts'
import { encodeFrame, type Frame } from './framing.ts'
import {
  ERROR_CODE_CHARACTERS_MAX,
  ERROR_DETAIL_CHARACTERS_MAX,
  EVENT_LOG_BYTES_MAX,
  IMA_LOG_BYTES_MAX,
  LOG_PART_BYTES_MAX,
  NONCE_BYTES,
  USERSPACE_LOG_BYTES_MAX,
} from './limits.ts'
import { plainText } from './plain-text.ts'

/** The logs a guest may have: their number on the wire and what a host takes of each. */
export const LOGS = {
  eventLog: { number: 1, bytesMax: EVENT_LOG_BYTES_MAX },
  imaLog: { number: 2, bytesMax: IMA_LOG_BYTES_MAX },
  userspaceLog: { number: 3, bytesMax: USERSPACE_LOG_BYTES_MAX },
} as const
/** A log that the agent hands out in parts. */
export type LogName = keyof typeof LOGS

const LOG_NAMES = Object.keys(LOGS) as LogName[]

const LOG: Codec<LogName> = {
  read(from) {
    const number = u8.read(from)
    const name = LOG_NAMES.find((candidate) => LOGS[candidate].number === number)
    if (name !== undefined) return name
    from.offset -= 1
    throw from.malformed(`no log ${number}`)
  },
  write: (to, value) => u8.write(to, LOGS[value].number),
}

/** Which bytes of which log. A log only grows, so parts asked one after the other fit together. */
export const LOG_REQUEST = struct('LogRequest', {
  log: LOG,
  offset: checked(u32be, (offset) => (offset > IMA_LOG_BYTES_MAX ? 'beyond every log' : null)),
  sizeBytes: checked(u32be, (size) =>
    size < 1 || size > LOG_PART_BYTES_MAX ? 'not a part of a log' : null,
  ),
})
/** A part of a log: from `offset`, at most `sizeBytes`. */
export type LogRequest = Of<typeof LOG_REQUEST>

/** At most as many bytes as were asked; fewer where the log ends. */
const LOG_PART = struct('LogPart', { bytes: sized(u32be, { max: LOG_PART_BYTES_MAX }) })
const ROLLBACK_REQUEST = struct('RollbackRequest', { extendNonce: bytes(NONCE_BYTES) })
const AK_CERTIFICATE = struct('AkCertificate', { certificate: optional(CERTIFICATE) })

function exchange<Q, A>(type: number, question: Codec<Q>, answer: Codec<A>) {
  return { type, question, answer }
}

/** Every question a host may ask, its number and what is said both ways. */
export const EXCHANGES = {
  info: exchange(1, nothing, AGENT_INFO),
  evidence: exchange(2, EVIDENCE_REQUEST, QUOTED),
  log: exchange(3, LOG_REQUEST, LOG_PART),
  akCertificate: exchange(4, nothing, AK_CERTIFICATE),
  rollback: exchange(5, ROLLBACK_REQUEST, ROLLBACK),
  moduleMessages: exchange(6, nothing, struct('ModuleMessages', { lines: MODULE_MESSAGES })),
}
/** What may be asked of an agent. */
export type ExchangeName = keyof typeof EXCHANGES
/** What is asked, by the exchange's name. */
export type Question<N extends ExchangeName> = Of<(typeof EXCHANGES)[N]['question']>
/** What is answered, by the exchange's name: the guest's word. */
export type Answer<N extends ExchangeName> = Of<(typeof EXCHANGES)[N]['answer']>

const ANSWER = 0x80
const ERROR = 0xff

const AGENT_FAULT = struct('AgentFault', {
  code: plainText(ERROR_CODE_CHARACTERS_MAX),
  detail: plainText(ERROR_DETAIL_CHARACTERS_MAX),
})

/** A question as a frame. @throws {RangeError} above a limit. */
export function encodeQuestion<N extends ExchangeName>(
  id: number,
  name: N,
  question: Question<N>,
): Uint8Array {
  const { type, question: codec } = EXCHANGES[name]
  return encodeFrame({ type, id, payload: encode(codec as Codec<Question<N>>, question) })
}

/** A question with its name, as a union that narrows on `name`. */
export type AnyQuestion = { [N in ExchangeName]: { name: N; question: Question<N> } }[ExchangeName]

/** @throws {AgentError} `unsupported` or `malformed-question`: what the agent sends back. */
export function decodeQuestion(frame: Frame): AnyQuestion {
  for (const name of Object.keys(EXCHANGES) as ExchangeName[]) {
    if (EXCHANGES[name].type !== frame.type) continue
    try {
      return { name, question: decode<any>(EXCHANGES[name].question, frame.payload) } as AnyQuestion
    } catch (e) {
      throw new AgentError('malformed-question', (e as Error).message, { cause: e })
    }
  }
  throw new AgentError('unsupported', `question type ${frame.type}`)
}

/** An answer as a frame. @throws {RangeError} above a limit. */
export function encodeAnswer<N extends ExchangeName>(
  id: number,
  name: N,
  answer: Answer<N>,
): Uint8Array {
  const { type, answer: codec } = EXCHANGES[name]
  return encodeFrame({
    type: ANSWER | type,
    id,
    payload: encode(codec as Codec<Answer<N>>, answer),
  })
}

/** That the agent has no answer, as a frame: its code as reported, its detail cut to the limit. */
export function encodeAgentError(id: number, error: AgentError): Uint8Array {
  const payload = encode(AGENT_FAULT, { code: error.reported, detail: error.detail })
  return encodeFrame({ type: ERROR, id, payload })
}

/**
 * What the guest answered to the question `name`.
 * @throws {AgentError} the agent had no answer.
 * @throws {ChannelError} `answer-mismatched` another question's answer, `answer-malformed` bytes
 *   that are not what they must be.
 */
export function decodeAnswer<N extends ExchangeName>(frame: Frame, name: N): Answer<N> {
  const { type, answer } = EXCHANGES[name]
  if (frame.type === ERROR) throw agentErrorOf(frame)
  if (frame.type !== (ANSWER | type))
    throw new ChannelError('answer-mismatched', `type ${frame.type} answers ${name}`, {
      question: name,
      type: frame.type,
    })
  return decodePayload(answer as Codec<Answer<N>>, frame)
}

function agentErrorOf(frame: Frame): AgentError {
  const { code, detail } = decodePayload(AGENT_FAULT, frame)
  return new AgentError(code, detail)
}

function decodePayload<T>(codec: Codec<T>, frame: Frame): T {
  try {
    return decode(codec, frame.payload)
  } catch (e) {
    throw new ChannelError(
      'answer-malformed',
      `an answer that is malformed: ${(e as Error).message}`,
      {},
      { cause: e },
    )
  }
}
