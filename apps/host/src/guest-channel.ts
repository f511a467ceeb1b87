import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AgentError,
  type Answer,
  type Asked,
  ChannelError,
  Conversation,
  collectEvidence,
  type Evidence,
  type EvidenceRequest,
  type ExchangeName,
  type Question,
} from '@trusted-launch/channel'

export interface GuestChannelOptions {
  /** Gives the path of the port's socket at the moment of connecting; throws where there is none. */
  readonly path: () => string
  /** How long one answer may take. */
  readonly answerMs?: number
  /** How long all answers of one evidence may take. */
  readonly evidenceMs?: number
  /** Told of each answer of the agent, also that it has none. */
  readonly onAnswer?: () => void
}

const ANSWER_MS = 20_000
/** How long all of one evidence may take: a guest may make every answer late, but not the whole. */
const EVIDENCE_MS = 60_000
const RECONNECT_MS = 250
/** After a guest broke the protocol, so long nothing is asked: it can't make us spin. */
const PENALTY_MS = 1_000

/**
 * The host's end of the port to the agent. Connects when first asked, and again after a fault. All
 * that comes is the guest's word: bounded by `Conversation`, and whatever breaks the protocol closes the
 * connection. Memory held for a guest: one frame of 64 KiB, one log within its limit, and what
 * the socket buffers.
 */
export class GuestChannel {
  readonly #options: GuestChannelOptions
  #socket: Socket | null = null
  #conversation: Conversation | null = null
  #connecting: Promise<Conversation> | null = null
  #notBefore = 0
  #closed = false

  constructor(options: GuestChannelOptions) {
    this.#options = options
  }

  /**
   * Asks the agent.
   * @throws {ChannelError} `channel-closed`, `answer-late`, or how the guest broke the protocol.
   * @throws {AgentError} the agent had no answer.
   */
  async ask<N extends ExchangeName>(
    name: N,
    question: Question<N>,
    timeoutMs = this.#options.answerMs ?? ANSWER_MS,
  ): Promise<Answer<N>> {
    const conversation = await this.#connected()
    const late = new ChannelError('answer-late', `no answer to ${name} in ${timeoutMs} ms`, {
      question: name,
      timeoutMs,
    })
    const asked = conversation.open(name, question)
    const timer = setTimeout(() => this.#giveUp(conversation, asked, late), timeoutMs)
    try {
      const answer = await asked.answer
      this.#options.onAnswer?.()
      return answer
    } catch (e) {
      if (e instanceof AgentError) this.#options.onAnswer?.()
      throw e
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Quotes and logs of the guest. Proves nothing: it is for the verifier.
   * @throws {ChannelError} @throws {AgentError}
   */
  collectEvidence(request: EvidenceRequest): Promise<Evidence> {
    const { answerMs = ANSWER_MS, evidenceMs = EVIDENCE_MS } = this.#options
    const until = performance.now() + evidenceMs
    const left = () => Math.max(0, Math.min(answerMs, until - performance.now()))
    return collectEvidence((name, question) => this.ask(name, question, left()), request)
  }

  /** Connects ahead of the first question: an agent that finds nobody at its port looks again only later. */
  async connect(): Promise<void> {
    await this.#connected().catch(() => {})
  }

  /** Ends this connection; the next question goes over a new one. */
  hangUp(why: string): void {
    if (this.#conversation !== null) this.#drop(this.#conversation, closed(why))
  }

  /** Closes for good. */
  close(): void {
    this.#closed = true
    this.hangUp('closed by us')
  }

  async #connected(): Promise<Conversation> {
    if (this.#closed) throw closed('closed by us')
    if (this.#conversation !== null) return this.#conversation
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  async #connect(): Promise<Conversation> {
    const wait = this.#notBefore - performance.now()
    if (wait > 0) await sleep(wait)
    if (this.#closed) throw closed('closed by us')
    this.#notBefore = performance.now() + RECONNECT_MS
    const socket = await opened(this.#path())
    if (this.#closed) {
      socket.destroy()
      throw closed('closed by us')
    }
    const conversation = new Conversation((bytes) => socket.write(bytes), randomId())
    socket.on('data', (chunk: Uint8Array) => {
      try {
        conversation.receive(chunk)
      } catch (e) {
        this.#notBefore = performance.now() + PENALTY_MS
        this.#drop(conversation, e as Error)
      }
    })
    const gone = () => this.#drop(conversation, closed('QEMU closed the port'))
    socket.on('error', gone)
    socket.on('close', gone)
    this.#socket = socket
    this.#conversation = conversation
    return conversation
  }

  /** A guest that owes no other answer either is silent: the next question goes over a new connection. */
  #giveUp(conversation: Conversation, { giveUp }: Pick<Asked<never>, 'giveUp'>, late: Error): void {
    giveUp(late)
    if (conversation.questionsOutstanding === 0) this.#drop(conversation, late)
  }

  #path(): string {
    try {
      return this.#options.path()
    } catch (e) {
      throw closed((e as Error).message)
    }
  }

  #drop(conversation: Conversation, reason: Error): void {
    conversation.end(reason)
    if (this.#conversation !== conversation) return
    this.#socket?.destroy()
    this.#socket = null
    this.#conversation = null
  }
}

function closed(why: string): ChannelError {
  return new ChannelError('channel-closed', why)
}

function randomId(): number {
  return randomBytes(4).readUInt32BE()
}

function opened(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (e) => reject(closed(e.message)))
  })
}
