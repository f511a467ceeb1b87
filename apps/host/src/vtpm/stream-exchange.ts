import type { Duplex } from 'node:stream'
import { concat } from '@trusted-launch/codec'

/** Tells how many bytes the answer that begins with `received` has; null while that is not known. */
export type AnswerSize = (received: Uint8Array) => number | null

/** The other end closed, kept silent, or sent more than was asked. */
export class StreamError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StreamError'
  }
}

/**
 * Question and answer over a stream, one at a time. After an error the stream's state is unknown, and
 * every further question fails.
 */
export class StreamExchange {
  readonly #stream: Duplex
  readonly #timeoutMs: number
  #received: Uint8Array[] = []
  #waiting: ((failure: StreamError | null) => void) | null = null
  #failure: StreamError | null = null

  constructor(stream: Duplex, timeoutMs: number) {
    this.#stream = stream
    this.#timeoutMs = timeoutMs
    stream.on('data', (chunk: Uint8Array) => {
      this.#received.push(chunk)
      this.#waiting?.(null)
    })
    for (const event of ['error', 'end', 'close'])
      stream.on(event, () => this.#fail('the other end is gone'))
  }

  /** @throws {StreamError} no whole answer in time, more than `max` bytes, or the other end is gone. */
  async ask(question: Uint8Array, size: AnswerSize, max: number): Promise<Uint8Array> {
    if (this.#failure !== null) throw this.#failure
    if (this.#waiting !== null) throw new StreamError('asked while another answer is awaited')
    this.#received = []
    const timer = setTimeout(
      () => this.#fail(`no answer in ${this.#timeoutMs} ms`),
      this.#timeoutMs,
    )
    try {
      this.#stream.write(question)
      return await this.#answer(size, max)
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#stream.destroy()
  }

  #answer(size: AnswerSize, max: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting = (failure) => {
        const received = concat(...this.#received)
        const length = size(received)
        const surplus = received.length > max || (length !== null && received.length > length)
        const wrong = failure ?? (surplus ? new StreamError('more than the answer') : null)
        if (wrong === null && (length === null || received.length < length)) return
        this.#waiting = null
        if (wrong === null) return resolve(received)
        this.#failure = wrong
        reject(wrong)
      }
      this.#waiting(this.#failure)
    })
  }

  #fail(reason: string): void {
    this.#failure ??= new StreamError(reason)
    this.#waiting?.(this.#failure)
  }
}
