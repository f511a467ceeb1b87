import { connect, type Socket } from 'node:net'
import { type Answer, type Arguments, COMMANDS, object, type QmpEvent } from './commands.ts'
import { QmpError } from './errors.ts'

/** The longest line taken from QEMU: a whole console ring in base64 fits. */
export const LINE_LIMIT = 1 << 20
/** Questions without an answer at one time. */
export const PENDING_LIMIT = 64
/** Lines taken in one second: we ask some twenty questions, and no honest guest has so much announced. */
export const LINES_PER_SECOND_MAX = 1_000
const DEFAULT_TIMEOUT_MS = 10_000
const NEWLINE = 0x0a

export interface QmpOptions {
  readonly timeoutMs?: number | undefined
  /** Called for each event, in order. */
  readonly onEvent?: (event: QmpEvent) => void
  /** Called once, when the connection is over; with the reason when it was a fault. */
  readonly onClose?: (reason: QmpError) => void
}

interface Pending {
  readonly settle: (answer: unknown) => void
  readonly fail: (error: QmpError) => void
  readonly timer: NodeJS.Timeout
}

/**
 * A connection to QEMU's monitor (QMP). Bounded: one line at most {@link LINE_LIMIT}, at most
 * {@link PENDING_LIMIT} questions open, each with a deadline, and {@link LINES_PER_SECOND_MAX}. A line
 * that is not QMP ends the connection: after it nothing said there is believed.
 */
export class QmpClient {
  readonly #socket: Socket
  readonly #options: QmpOptions
  readonly #pending = new Map<number, Pending>()
  #chunks: Uint8Array[] = []
  #held = 0
  #nextId = 1
  /** Lines taken since `#countedFrom`, on `performance.now()`'s clock. */
  #lines = 0
  #countedFrom = 0
  #closed: QmpError | null = null
  #greeted: (() => void) | null = null

  private constructor(socket: Socket, options: QmpOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    socket.on('error', (e) => this.#end(new QmpError('qmp-closed', e.message)))
    socket.on('close', () => this.#end(new QmpError('qmp-closed', 'the monitor closed')))
  }

  /**
   * Connects to a monitor's Unix socket and leaves negotiation mode.
   * @throws {QmpError} `qmp-unreachable`, `qmp-timeout`, `qmp-malformed`
   */
  static async connect(path: string, options: QmpOptions = {}): Promise<QmpClient> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const client = new QmpClient(connect({ path }), options)
    try {
      await client.#greeting(timeoutMs)
      await client.#ask('qmp_capabilities', {}, timeoutMs)
    } catch (e) {
      client.close()
      throw e
    }
    return client
  }

  /**
   * Asks, and checks the answer's shape.
   * @throws {QmpError} `qmp-refused` (QEMU said no), `qmp-timeout`, `qmp-closed`, `qmp-malformed`,
   * `qmp-too-many`
   */
  async execute<Name extends keyof typeof COMMANDS>(
    name: Name,
    args: Arguments<Name>,
    timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  ): Promise<Answer<Name>> {
    return COMMANDS[name].answer(await this.#ask(name, args as object, timeoutMs)) as Answer<Name>
  }

  /** Whether questions can still be asked. */
  get open(): boolean {
    return this.#closed === null
  }

  close(): void {
    this.#end(new QmpError('qmp-closed', 'closed by us'))
  }

  #greeting(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#end(new QmpError('qmp-timeout', 'no greeting in time')),
        timeoutMs,
      )
      const fail = (error: QmpError) => {
        const code = error.code === 'qmp-closed' ? 'qmp-unreachable' : error.code
        reject(new QmpError(code, error.message, null, { cause: error }))
      }
      this.#pending.set(0, { settle: () => {}, fail, timer })
      this.#greeted = () => {
        clearTimeout(timer)
        this.#pending.delete(0)
        resolve()
      }
    })
  }

  #ask(name: string, args: object, timeoutMs: number): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed)
    if (this.#pending.size >= PENDING_LIMIT)
      return Promise.reject(new QmpError('qmp-too-many', 'too many questions at once'))
    const id = this.#nextId++
    return new Promise((settle, fail) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        fail(new QmpError('qmp-timeout', `no answer to ${name} in ${timeoutMs} ms`))
      }, timeoutMs)
      this.#pending.set(id, { settle, fail, timer })
      this.#socket.write(`${JSON.stringify({ execute: name, arguments: args, id })}\n`)
    })
  }

  #receive(chunk: Uint8Array): void {
    let rest = chunk
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      if (!this.#hold(rest.subarray(0, at))) return
      rest = rest.subarray(at + 1)
      const line = Buffer.concat(this.#chunks, this.#held)
      this.#chunks = []
      this.#held = 0
      if (!this.#line(line.toString('utf8'))) return
    }
    if (rest.length > 0) this.#hold(rest)
  }

  #hold(bytes: Uint8Array): boolean {
    if (this.#closed) return false
    this.#held += bytes.length
    if (this.#held > LINE_LIMIT) {
      this.#end(new QmpError('qmp-too-large', `a line over ${LINE_LIMIT} bytes`))
      return false
    }
    this.#chunks.push(bytes)
    return true
  }

  #line(text: string): boolean {
    if (this.#tooManyLines()) {
      this.#end(new QmpError('qmp-too-many', `over ${LINES_PER_SECOND_MAX} lines in a second`))
      return false
    }
    if (text.trim() === '') return true
    try {
      this.#message(object(JSON.parse(text)))
      return true
    } catch (cause) {
      this.#end(new QmpError('qmp-malformed', 'a line that is not QMP', null, { cause }))
      return false
    }
  }

  #tooManyLines(): boolean {
    const now = performance.now()
    if (now - this.#countedFrom >= 1_000) {
      this.#countedFrom = now
      this.#lines = 0
    }
    return ++this.#lines > LINES_PER_SECOND_MAX
  }

  #message(message: Record<string, unknown>): void {
    if ('QMP' in message) this.#greeted?.()
    else if (typeof message.event === 'string') this.#event(message.event, message.data)
    else if ('return' in message) this.#take(message.id)?.settle(message.return)
    else if ('error' in message) this.#refused(message)
    else throw new QmpError('qmp-malformed', 'neither answer nor event')
  }

  #event(event: string, data: unknown): void {
    const announced = { event, data: object(data ?? {}) }
    this.#options.onEvent?.(announced)
  }

  #refused(message: Record<string, unknown>): void {
    const { class: kind, desc } = object(message.error)
    const text = String(desc).slice(0, 500)
    this.#take(message.id)?.fail(new QmpError('qmp-refused', text, String(kind).slice(0, 60)))
  }

  /** The question an answer belongs to; none when it came too late or was never asked. */
  #take(id: unknown): Pending | undefined {
    if (typeof id !== 'number' || id === 0) return undefined
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    clearTimeout(pending?.timer)
    return pending
  }

  #end(reason: QmpError): void {
    if (this.#closed) return
    this.#closed = reason
    this.#chunks = []
    this.#socket.destroy()
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer)
      pending.fail(reason)
    }
    this.#pending.clear()
    this.#options.onClose?.(reason)
  }
}
