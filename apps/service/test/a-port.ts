import { Duplex } from 'node:stream'

/** A serial port: what was typed at it, and what it prints. */
export class Port extends Duplex {
  typed = ''
  /** Whether it takes what is typed. */
  reads = true

  override _read(): void {}

  override _write(bytes: Buffer, _: BufferEncoding, done: () => void): void {
    this.typed += bytes
    if (this.reads) done()
  }

  override _destroy(_: Error | null, done: () => void): void {
    this.push(null)
    done()
  }
}
