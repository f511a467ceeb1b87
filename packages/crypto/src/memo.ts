import { toLatin1 } from '@trusted-launch/codec'
import { digest } from './digest.ts'

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
    const key = toLatin1(digest('sha256', ...bytes))
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#known.delete(key)
      this.#known.set(key, known)
      return known
    }
    const made = make()
    this.#known.set(key, made)
    if (this.#known.size > this.#max) this.#known.delete(this.#known.keys().next().value!)
    return made
  }

  get size(): number {
    return this.#known.size
  }

  forget(): void {
    this.#known.clear()
  }
}
