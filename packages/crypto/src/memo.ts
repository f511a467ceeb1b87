import { digestText } from './digest.ts'

/**
 * Remembers what was made of bytes, by their SHA-256: at most so many things, the one unused for longest goes
 * first. For functions of the bytes alone, so that it changes how long an answer takes and never the answer.
 */
export class Memo<T> {
  readonly #max: number
  readonly #known = new Map<string, T>()

  constructor(max: number) {
    this.#max = max
  }

  /** What `make` gives for these bytes, one after the other; an error is not remembered. */
  of(make: () => T, ...bytes: readonly Uint8Array[]): T {
    const key = digestText('sha256', ...bytes)
    const known = this.find(key)
    if (known !== undefined) return known
    const made = make()
    this.keep(key, made)
    return made
  }

  /** What was kept under this key: the SHA-256 of everything that it was made of (`digestText`). */
  find(key: string): T | undefined {
    const known = this.#known.get(key)
    if (known === undefined) return undefined
    this.#known.delete(key)
    this.#known.set(key, known)
    return known
  }

  keep(key: string, made: T): void {
    this.#known.set(key, made)
    if (this.#known.size > this.#max) this.#known.delete(this.#known.keys().next().value!)
  }

  get size(): number {
    return this.#known.size
  }

  forget(): void {
    this.#known.clear()
  }
}
