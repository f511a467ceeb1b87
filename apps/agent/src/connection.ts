import {
  AGENT_PORT_NAME,
  AgentError,
  decodeQuestion,
  encodeAgentError,
  type Frame,
  FrameReader,
  QUESTION_FRAME_BYTES_MAX,
} from '@trusted-launch/channel'
import { TpmError } from '@trusted-launch/tpm2'
import * as os from 'os'
import type { Collector } from './collect.ts'
import {
  DescriptorError,
  EAGAIN,
  O_NONBLOCK,
  openDescriptor,
  readSome,
  writeSome,
} from './descriptor.ts'
import { readText } from './info.ts'

const RECONNECT_MS = 500
const READ_BYTES = 4096
const PORTS = '/sys/class/virtio-ports'

/** The device of the virtio-serial port that is called so; `null` while there is none. */
export function findPort(name: string = AGENT_PORT_NAME): string | null {
  for (const port of os.readdir(PORTS)[0])
    if (port[0] !== '.' && readText(`${PORTS}/${port}/name`).trim() === name) return `/dev/${port}`
  return null
}

/**
 * The agent's end of the port, for as long as the guest runs. A host that goes away reads as the
 * end: what was asked and not yet answered is forgotten, and half a second later the port is
 * looked at again. A host that breaks the framing gets the port closed and opened anew.
 */
export class Connection {
  readonly #port: () => string | null
  readonly #collector: Collector
  #fd = -1
  #frames = new FrameReader(QUESTION_FRAME_BYTES_MAX)
  #asked: Frame[] = []
  #unsent = new Uint8Array()
  #answering = false
  /** Another number after each loss: an answer to a host that is gone is not sent to the next. */
  #session = 0

  constructor(port: () => string | null, collector: Collector) {
    this.#port = port
    this.#collector = collector
  }

  /** Opens the port, or tries again until it is there. */
  open(): void {
    try {
      const path = this.#port()
      if (path === null) throw new Error('no such port yet')
      this.#fd = openDescriptor(path, os.O_RDWR | O_NONBLOCK)
      this.#listen()
    } catch {
      this.#openLater()
    }
  }

  #openLater(): void {
    os.setTimeout(() => this.open(), RECONNECT_MS)
  }

  #listen(): void {
    os.setReadHandler(this.#fd, () => this.#guarded(() => this.#read()))
  }

  /** Any failure of the port: closed, and opened again later. */
  #guarded(deed: () => void): void {
    try {
      deed()
    } catch (e) {
      if (e instanceof DescriptorError && e.errorNumber === EAGAIN) return
      this.#forget()
      os.close(this.#fd)
      this.#fd = -1
      this.#openLater()
    }
  }

  #forget(): void {
    os.setReadHandler(this.#fd, null)
    os.setWriteHandler(this.#fd, null)
    this.#frames = new FrameReader(QUESTION_FRAME_BYTES_MAX)
    this.#asked = []
    this.#unsent = new Uint8Array()
    this.#session++
  }

  #read(): void {
    const bytes = readSome(this.#fd, READ_BYTES)
    if (bytes.length === 0) {
      this.#forget()
      os.setTimeout(() => this.#listen(), RECONNECT_MS)
      return
    }
    for (const frame of this.#frames.read(bytes)) this.#asked.push(frame)
    void this.#answerAll()
  }

  /** One question at a time, the next when the answer has gone. */
  async #answerAll(): Promise<void> {
    if (this.#answering) return
    this.#answering = true
    try {
      while (this.#unsent.length === 0 && this.#asked.length > 0) {
        const session = this.#session
        const answer = await this.#answerTo(this.#asked.shift()!)
        if (session === this.#session) this.#guarded(() => this.#send(answer))
      }
    } finally {
      this.#answering = false
    }
  }

  async #answerTo(frame: Frame): Promise<Uint8Array> {
    try {
      return await this.#collector.answer(frame.id, decodeQuestion(frame))
    } catch (e) {
      return encodeAgentError(frame.id, agentErrorOf(e as Error))
    }
  }

  #send(bytes: Uint8Array): void {
    this.#unsent = bytes as Uint8Array<ArrayBuffer>
    os.setWriteHandler(this.#fd, () => this.#guarded(() => this.#write()))
    this.#write()
  }

  #write(): void {
    this.#unsent = this.#unsent.subarray(writeSome(this.#fd, this.#unsent))
    if (this.#unsent.length > 0) return
    os.setWriteHandler(this.#fd, null)
    void this.#answerAll()
  }
}

function agentErrorOf(error: Error): AgentError {
  if (error instanceof AgentError) return error
  if (error instanceof TpmError) return new AgentError('tpm-error', error.message, { cause: error })
  return new AgentError('agent-failed', error.message, { cause: error })
}
