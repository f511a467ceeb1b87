import type { Principal, Principals } from '../domain/store.ts'
import { Attempts } from './attempts.ts'
import { isSecret } from './secret.ts'

/** How many secrets are looked at at once (16 MiB each), and how many may wait for it. */
const LANES = 2
const WAITING_MAX = 64
const BUSY_MS = 1_000

/** Nobody by that name with that secret; or not now: `waitMs` > 0 tells when to come back. */
export interface Refusal {
  readonly waitMs: number
}

interface Asked {
  readonly name: string
  readonly secret: string
  /** Where it comes from. */
  readonly address: string
}

/** Looks at names and secrets, no faster than {@link Attempts} lets it. */
export class Credentials {
  readonly #principals: Principals
  readonly #attempts: Attempts
  readonly #lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve())
  /** The last that each address asked, while it is not answered. */
  readonly #asked = new Map<string, Promise<unknown>>()
  #waiting = 0
  #next = 0

  constructor(principals: Principals, now: () => number) {
    this.#principals = principals
    this.#attempts = new Attempts(now)
  }

  /** One after another of an address: what came of those before is known then, so guesses made at once are as many. */
  async check(kind: Principal['kind'], asked: Asked): Promise<Principal | Refusal> {
    if (this.#waiting >= WAITING_MAX) return { waitMs: BUSY_MS }
    this.#waiting += 1
    const { address } = asked
    const before = this.#asked.get(address) ?? Promise.resolve()
    const answer = before.then(() => this.#look(kind, asked))
    const done = answer.catch(() => undefined)
    this.#asked.set(address, done)
    try {
      return await answer
    } finally {
      this.#waiting -= 1
      if (this.#asked.get(address) === done) this.#asked.delete(address)
    }
  }

  async #look(
    kind: Principal['kind'],
    { name, secret, address }: Asked,
  ): Promise<Principal | Refusal> {
    const waitMs = this.#attempts.wait(name, address)
    if (waitMs > 0) return { waitMs }
    const principal = await this.#principals.bySignInName(name.slice(0, 256))
    const isMeant = principal !== null && principal.kind === kind && !principal.disabled
    const isRight = await this.#inTurn(() =>
      isSecret(secret, isMeant ? principal.secretHash : null),
    )
    if (isMeant && isRight) {
      this.#attempts.succeeded(name, address)
      return principal
    }
    this.#attempts.failed(name, address)
    return { waitMs: 0 }
  }

  #inTurn(work: () => Promise<boolean>): Promise<boolean> {
    const lane = this.#next++ % LANES
    const done = this.#lanes[lane]!.then(work)
    this.#lanes[lane] = done.catch(() => undefined)
    return done
  }
}
