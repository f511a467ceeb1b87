const sizeMax = 64 * 1024

/** The input that a thread is trying, where another thread can see it when the first never comes back. */
export class SharedInput {
  readonly buffer: SharedArrayBuffer
  readonly #head: Int32Array
  readonly #bytes: Uint8Array

  constructor(buffer = new SharedArrayBuffer(8 + sizeMax)) {
    this.buffer = buffer
    this.#head = new Int32Array(buffer, 0, 2)
    this.#bytes = new Uint8Array(buffer, 8)
  }

  /** How many inputs were tried. */
  get count(): number {
    return Atomics.load(this.#head, 0)
  }

  put(input: Uint8Array): void {
    this.#bytes.set(input.subarray(0, sizeMax))
    this.#head[1] = Math.min(input.length, sizeMax)
    Atomics.add(this.#head, 0, 1)
  }

  get(): Uint8Array {
    return this.#bytes.slice(0, this.#head[1])
  }
}
