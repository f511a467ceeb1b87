/** Failures that cost nothing: somebody mistypes. */
const FREE = 5
/** An address may fail for several names, as one behind which many sit does. */
const FREE_OF_ADDRESS = 20
const DELAY_MS_MAX = 60_000
const FORGET_MS = 15 * 60_000
const KEPT_MAX = 10_000

interface Failures {
  count: number
  at: number
}

/**
 * Slows down who guesses secrets: after five failures of one name from one address each further one doubles
 * the time until the next is looked at, to a minute; an address by itself has twenty. A name is never shut
 * for all addresses: then anybody could lock out anybody. Kept in memory, for a quarter of an hour.
 */
export class Attempts {
  readonly #now: () => number
  readonly #failures = new Map<string, Failures>()

  /** @param now ms, of a clock that may be set. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** ms until this name may be tried from this address again; 0: now. */
  wait(name: string, address: string): number {
    return Math.max(
      this.#waitOf(pairOf(name, address), FREE),
      this.#waitOf(address, FREE_OF_ADDRESS),
    )
  }

  failed(name: string, address: string): void {
    for (const key of [pairOf(name, address), address]) this.#count(key)
  }

  /** Takes this one back. The address keeps the others: one good name must not buy guesses at more. */
  succeeded(name: string, address: string): void {
    this.#failures.delete(pairOf(name, address))
    const failures = this.#failures.get(address)
    if (failures !== undefined) failures.count -= 1
  }

  #waitOf(key: string, free: number): number {
    const failures = this.#failures.get(key)
    if (failures === undefined || failures.count < free) return 0
    const delay = Math.min(1_000 * 2 ** (failures.count - free), DELAY_MS_MAX)
    return Math.max(0, Math.min(delay, failures.at + delay - this.#now()))
  }

  #count(key: string): void {
    const now = this.#now()
    const before = this.#failures.get(key)
    const count = before !== undefined && now - before.at < FORGET_MS ? before.count + 1 : 1
    this.#failures.delete(key)
    this.#failures.set(key, { count, at: now })
    if (this.#failures.size > KEPT_MAX)
      this.#failures.delete(this.#failures.keys().next().value as string)
  }
}

function pairOf(name: string, address: string): string {
  return `${address} ${name.slice(0, 256).toLowerCase()}`
}
