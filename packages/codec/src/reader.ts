import { MalformedError } from './errors.ts'

/** A cursor over bytes that belong to somebody else. Views, never copies; every step is bounded. */
export class Reader {
  readonly bytes: Uint8Array
  /** Where the cursor stands, from the start of `bytes`. */
  offset: number
  readonly end: number
  readonly #base: number
  #view: DataView | null = null

  /** @param base what to add to an offset so that an error names the byte of the whole input. */
  constructor(bytes: Uint8Array, base = 0) {
    this.bytes = bytes
    this.offset = 0
    this.end = bytes.length
    this.#base = base
  }

  /** Of `bytes`; made when it is asked for, which most readers of DER never do. */
  get view(): DataView {
    if (this.#view !== null) return this.#view
    const { buffer, byteOffset, byteLength } = this.bytes
    this.#view = new DataView(buffer, byteOffset, byteLength)
    return this.#view
  }

  get remaining(): number {
    return this.end - this.offset
  }

  /** The offset of the next byte in the whole input. */
  get position(): number {
    return this.#base + this.offset
  }

  /** Steps over `size` bytes and tells where they began. @throws {MalformedError} when there are fewer. */
  skip(size: number): number {
    const start = this.offset
    if (size > this.end - start) throw this.malformed('truncated')
    this.offset = start + size
    return start
  }

  /** The next `size` bytes, as a view of the input. @throws {MalformedError} when there are fewer. */
  take(size: number): Uint8Array {
    const start = this.skip(size)
    return this.bytes.subarray(start, start + size)
  }

  /** A reader over the next `size` bytes only; this one steps over them. */
  slice(size: number): Reader {
    const position = this.position
    return new Reader(this.take(size), position)
  }

  /** @throws {MalformedError} unless everything was read. */
  finish(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes too many`)
  }

  malformed(reason: string): MalformedError {
    return new MalformedError('', this.position, reason)
  }
}
