/** Bytes as they grow. Sizes are written after what they measure (`reserve`, then `view`). */
export class Writer {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(sizeHint = 256) {
    this.#bytes = new Uint8Array(sizeHint)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  get view(): DataView {
    return this.#view
  }

  /** Makes room for `size` bytes (zeros) and tells where they begin. The view may change with it. */
  reserve(size: number): number {
    const start = this.#length
    const needed = start + size
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = needed
    return start
  }

  put(bytes: Uint8Array): void {
    const start = this.reserve(bytes.length)
    this.#bytes.set(bytes, start)
  }

  /** What was written. Nothing may be written after it. */
  finish(): Uint8Array {
    if (this.#length > this.#bytes.length / 2) return this.#bytes.subarray(0, this.#length)
    return this.#bytes.slice(0, this.#length)
  }
}
