import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

const run = promisify(execFile)
const { O_RDWR, O_CREAT, O_TRUNC, O_NONBLOCK, O_NOFOLLOW } = constants
/** The pipe's name in a VM's folder. */
export const OUTPUT_PIPE = 'output'
/** What a pipe holds. Linux, pipe(7). */
const HELD_BYTES = 65_536

/** Where a program's standard output and error go. */
export class Output {
  readonly descriptor: number
  /** From where to read; null: what was not read yet. */
  readonly #from: number | null
  #socket: Socket | null = null

  private constructor(descriptor: number, from: number | null) {
    this.descriptor = descriptor
    this.#from = from
  }

  /** A file, made new, 0600: for a program that no guest can make print. */
  static file(path: string): Output {
    return new Output(openSync(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600), 0)
  }

  /**
   * A named pipe, made new, 0600: for a program that a guest can make print. The kernel keeps 64 KiB
   * until a manager reads; what is printed beyond is lost, and the program never waits for us.
   */
  static async makePipe(path: string): Promise<Output> {
    await rm(path, { force: true })
    await run('mkfifo', ['-m', '600', path])
    return Output.openPipe(path)
  }

  /** The pipe of a program that runs, or of one to start beside it. */
  static openPipe(path: string): Output {
    // Both ends: a pipe without a reader ends its writer.
    return new Output(openSync(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW), null)
  }

  /**
   * To be called once a program has it: `spawn` gives a program descriptors that wait, and the flag is shared.
   * A socket sets it back.
   */
  unblock(): void {
    if (this.#from !== null) return
    this.#socket = new Socket({ fd: this.descriptor, readable: false, writable: false })
  }

  /** The first 64 KiB of a file; what was not read yet of a pipe. */
  read(): Uint8Array {
    const bytes = new Uint8Array(HELD_BYTES)
    try {
      const length = readSync(this.descriptor, bytes, 0, bytes.length, this.#from)
      return bytes.subarray(0, length)
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === 'EAGAIN') return new Uint8Array()
      throw e
    }
  }

  close(): void {
    if (this.#socket === null) closeSync(this.descriptor)
    else this.#socket.destroy()
  }
}
