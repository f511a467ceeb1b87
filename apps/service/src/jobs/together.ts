/** So many works are begun together at most, and none waits longer for others. */
const WORKS_MAX = 32
const WAIT_MS = 5

/**
 * Begins works together that come one soon after the other, so that they share a commit: a commit costs more than what
 * is written in it. Each has its own end.
 */
export class Together {
  #waiting: (() => void)[] = []
  #timer: NodeJS.Timeout | null = null

  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => work().then(resolve, reject))
      if (this.#waiting.length >= WORKS_MAX) this.#begin()
      else this.#timer ??= setTimeout(() => this.#begin(), WAIT_MS)
    })
  }

  #begin(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const begin of this.#waiting.splice(0)) begin()
  }
}
