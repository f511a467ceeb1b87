import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** So much waits for whoever is slow to read; a guest never does, and what is beyond is left out. */
export const CONSOLE_WAITING_MAX = 262_144

/**
 * A guest's serial console, for a person: what it prints from now on, and what is written is typed. `onPrinted`
 * is told everything. Ends when the VM does.
 */
export class LiveConsole extends Duplex {
  readonly #socket: Socket
  readonly #onPrinted: (bytes: Uint8Array) => void
  /** Bytes left out since the last that were not. */
  #leftOut = 0

  private constructor(socket: Socket, onPrinted: (bytes: Uint8Array) => void) {
    super()
    this.#socket = socket
    this.#onPrinted = onPrinted
    socket.on('data', (bytes: Uint8Array) => this.#printed(bytes))
    socket.on('error', () => {}) // it closes
    socket.on('close', () => {
      this.push(null)
      this.destroy()
    })
  }

  /** Connects to the console's socket. */
  static open(path: string, onPrinted: (bytes: Uint8Array) => void): Promise<LiveConsole> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new LiveConsole(socket, onPrinted))
      })
    })
  }

  override _read(): void {}

  override _write(typed: Uint8Array, _: BufferEncoding, done: (e?: Error | null) => void): void {
    this.#socket.write(typed, done)
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (e?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #printed(bytes: Uint8Array): void {
    this.#onPrinted(bytes)
    if (this.readableLength + bytes.length > CONSOLE_WAITING_MAX) {
      this.#leftOut += bytes.length
      return
    }
    if (this.#leftOut > 0) this.push(`\r\n[${this.#leftOut} bytes left out]\r\n`)
    this.#leftOut = 0
    this.push(bytes)
  }
}
