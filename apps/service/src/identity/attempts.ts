/** Failures of a name that cost nothing: somebody mistypes. */
const FREE = 5
/** Names that may fail at an address, as behind one where many sit they do. */
const FREE_NAMES = 20
const DELAY_MS_MAX = 60_000
const FORGET_MS = 15 * 60_000
const KEPT_MAX = 10_000

interface Failures {
  count: number
  at: number
}

/**
 * Slows down who guesses secrets: after five failures of one name from one address each further one doubles
 * the time until the next is looked at, to a minute; an address has twenty names that fail, and each further one
 * doubles that time for all names but those that it was let in with. However often one fails, it is one: an old
 * secret somewhere shuts out none but itself. A name is never shut for all addresses: then anybody could lock out
 * anybody. Kept in memory, failures for a quarter of an hour.
 */
export class Attempts {
  readonly #now: () => number
  /** By address and name: who failed longest ago is first. */
  readonly #failures = new Map<string, Failures>()
  /** Names that were let in, and where. */
  readonly #known = new Set<string>()

  /** @param now ms, of a clock that may be set. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** ms until this name may be tried from this address again; 0: now. */
  wait(name: string, address: string): number {
    const pair = pairOf(name, address)
    const own = this.#waitOf(this.#failures.get(pair), FREE)
    return this.#known.has(pair) ? own : Math.max(own, this.#waitOf(this.#at(address), FREE_NAMES))
  }

  failed(name: string, address: string): void {
    const pair = pairOf(name, address)
    const now = this.#now()
    const before = this.#failures.get(pair)
    const count = before !== undefined && now - before.at < FORGET_MS ? before.count + 1 : 1
    this.#failures.delete(pair)
    this.#failures.set(pair, { count, at: now })
    // Its secret is another now, or somebody guesses it.
    if (count >= FREE) this.#known.delete(pair)
    if (this.#failures.size > KEPT_MAX) this.#failures.delete(this.#failures.keys().next().value!)
  }

  /** What it failed before is forgotten; the address keeps the others: one good name must not buy guesses at more. */
  succeeded(name: string, address: string): void {
    const pair = pairOf(name, address)
    this.#failures.delete(pair)
    this.#known.delete(pair)
    this.#known.add(pair)
    if (this.#known.size > KEPT_MAX) this.#known.delete(this.#known.values().next().value!)
  }

  /** How many names failed at an address, and when the last one did. */
  #at(address: string): Failures {
    const all = { count: 0, at: Number.NEGATIVE_INFINITY }
    const now = this.#now()
    for (const [pair, { at }] of this.#failures) {
      if (!pair.startsWith(`${address} `) || now - at >= FORGET_MS) continue
      all.count += 1
      all.at = at
    }
    return all
  }

  #waitOf(failures: Failures | undefined, free: number): number {
    if (failures === undefined || failures.count < free) return 0
    const delay = Math.min(1_000 * 2 ** (failures.count - free), DELAY_MS_MAX)
    return Math.max(0, Math.min(delay, failures.at + delay - this.#now()))
  }
}

function pairOf(name: string, address: string): string {
  return `${address} ${name.slice(0, 256).toLowerCase()}`
}
