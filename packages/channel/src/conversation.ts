import { ChannelError } from './errors.ts'
import { type Frame, FrameReader } from './framing.ts'
import { QUESTIONS_OUTSTANDING_MAX, STALE_ANSWERS_MAX } from './limits.ts'
import {
  type Answer,
  decodeAnswer,
  type ExchangeName,
  encodeQuestion,
  type Question,
} from './messages.ts'

interface Outstanding {
  readonly name: ExchangeName
  readonly settle: (frame: Frame) => void
  readonly fail: (error: Error) => void
}

/**
 * The host's side of one connection, without the socket: bytes to send go to `send`, bytes that
 * came go into `receive`, and `ask` promises the answer. Every answer must match an outstanding
 * question by id and type; at most 8 questions are outstanding. Whatever breaks the protocol ends
 * the conversation: `receive` throws, all questions fail with the same error, and the caller closes
 * the connection. A new connection forgives at most 8 answers of the one before it, until its own
 * first answer.
 */
export class Conversation {
  readonly #send: (bytes: Uint8Array) => void
  readonly #frames = new FrameReader()
  readonly #outstanding = new Map<number, Outstanding>()
  #nextId: number
  #staleAnswersLeft = STALE_ANSWERS_MAX
  #fault: Error | null = null

  /** @param firstId 32 random bits: keeps apart the answers of two connections. */
  constructor(send: (bytes: Uint8Array) => void, firstId: number) {
    this.#send = send
    this.#nextId = firstId >>> 0
  }

  get questionsOutstanding(): number {
    return this.#outstanding.size
  }

  /**
   * Asks, and promises the answer. It never settles by itself when the guest is silent: time is
   * the caller's, who ends the conversation with `end`.
   * @throws {AgentError} the agent had no answer.
   * @throws {ChannelError} the answer or the connection was no good, or `questions-too-many`.
   */
  ask<N extends ExchangeName>(name: N, question: Question<N>): Promise<Answer<N>> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== null) throw this.#fault
      if (this.#outstanding.size >= QUESTIONS_OUTSTANDING_MAX)
        throw new ChannelError('questions-too-many', `more than ${QUESTIONS_OUTSTANDING_MAX}`)
      const id = this.#nextId
      this.#nextId = (id + 1) >>> 0
      const settle = (frame: Frame) => resolve(decodeAnswer(frame, name))
      this.#outstanding.set(id, { name, settle, fail: reject })
      this.#send(encodeQuestion(id, name, question))
    })
  }

  /** Takes what the guest sent. @throws {ChannelError} the connection must be closed. */
  receive(chunk: Uint8Array): void {
    if (this.#fault !== null) throw this.#fault
    try {
      for (const frame of this.#frames.read(chunk)) this.#answer(frame)
    } catch (e) {
      this.end(e as Error)
      throw e
    }
  }

  /** Fails every outstanding question with `error`, and every later one. */
  end(error: Error): void {
    this.#fault ??= error
    for (const { fail } of this.#outstanding.values()) fail(this.#fault)
    this.#outstanding.clear()
  }

  #answer(frame: Frame): void {
    const question = this.#outstanding.get(frame.id)
    if (question === undefined) {
      if (this.#staleAnswersLeft-- > 0) return
      const { id, type } = frame
      throw new ChannelError('answer-unasked', `an answer nobody asked for, type ${type}`, {
        id,
        type,
      })
    }
    this.#outstanding.delete(frame.id)
    this.#staleAnswersLeft = 0
    try {
      question.settle(frame)
    } catch (e) {
      question.fail(e as Error)
      if (e instanceof ChannelError) throw e
    }
  }
}

/** What `collectEvidence` needs of a conversation. */
export type Ask = <N extends ExchangeName>(name: N, question: Question<N>) => Promise<Answer<N>>
