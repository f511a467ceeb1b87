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

/** A question that was asked. */
export interface Asked<N extends ExchangeName> {
  /** As `Conversation.ask` promises it. */
  readonly answer: Promise<Answer<N>>
  /** Fails this question alone; its answer, should it come yet, is dropped. Nothing once it is answered. */
  readonly giveUp: (reason: Error) => void
}

/**
 * The host's side of one connection, without the socket: bytes to send go to `send`, bytes that
 * came go into `receive`, and `ask` promises the answer. Every answer must match an outstanding
 * question by id and type; at most 8 questions are outstanding or given up. Whatever breaks the protocol ends
 * the conversation: `receive` throws, all questions fail with the same error, and the caller closes
 * the connection. A new connection forgives at most 8 answers of the one before it, until its own
 * first answer.
 */
export class Conversation {
  readonly #send: (bytes: Uint8Array) => void
  readonly #frames = new FrameReader()
  readonly #outstanding = new Map<number, Outstanding>()
  /** Questions given up, whose answers may come yet. */
  readonly #givenUp = new Set<number>()
  #nextId: number
  #staleAnswersLeft = STALE_ANSWERS_MAX
  #fault: Error | null = null

  /** @param firstId 32 random bits: keeps apart the answers of two connections. */
  constructor(send: (bytes: Uint8Array) => void, firstId: number) {
    this.#send = send
    this.#nextId = firstId >>> 0
  }

  /** Those given up are none any more. */
  get questionsOutstanding(): number {
    return this.#outstanding.size
  }

  /**
   * Asks, and promises the answer. It never settles by itself when the guest is silent: time is
   * the caller's, who gives the question up, or ends the conversation with `end`.
   * @throws {AgentError} the agent had no answer.
   * @throws {ChannelError} the answer or the connection was no good, or `questions-too-many`.
   */
  ask<N extends ExchangeName>(name: N, question: Question<N>): Promise<Answer<N>> {
    return this.open(name, question).answer
  }

  /** The same, for a caller who may give it up. */
  open<N extends ExchangeName>(name: N, question: Question<N>): Asked<N> {
    let giveUp = (_: Error) => {} // a question that is refused has no id
    const answer = new Promise<Answer<N>>((resolve, reject) => {
      if (this.#fault !== null) throw this.#fault
      if (this.#outstanding.size + this.#givenUp.size >= QUESTIONS_OUTSTANDING_MAX)
        throw new ChannelError('questions-too-many', `more than ${QUESTIONS_OUTSTANDING_MAX}`)
      const id = this.#nextId
      this.#nextId = (id + 1) >>> 0
      giveUp = (reason) => this.#giveUp(id, reason)
      const settle = (frame: Frame) => resolve(decodeAnswer(frame, name))
      this.#outstanding.set(id, { name, settle, fail: reject })
      this.#send(encodeQuestion(id, name, question))
    })
    return { answer, giveUp }
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
    this.#givenUp.clear()
  }

  #giveUp(id: number, reason: Error): void {
    const question = this.#outstanding.get(id)
    if (question === undefined) return
    this.#outstanding.delete(id)
    this.#givenUp.add(id)
    question.fail(reason)
  }

  #answer(frame: Frame): void {
    if (this.#givenUp.delete(frame.id)) return
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
