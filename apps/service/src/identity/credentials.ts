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

/** Looks at names and secrets, no faster than {@link Attempts} lets it. */
export class Credentials {
  readonly #principals: Principals
  readonly #attempts: Attempts
  readonly #lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve())
  #waiting = 0
  #next = 0

  constructor(principals: Principals, now: () => number) {
    this.#principals = principals
    this.#attempts = new Attempts(now)
  }

  /** @param address where it comes from. */
  async check(
    kind: Principal['kind'],
    { name, secret, address }: { name: string; secret: string; address: string },
  ): Promise<Principal | Refusal> {
    const waitMs = this.#attempts.wait(name, address)
    if (waitMs > 0) return { waitMs }
    if (this.#waiting >= WAITING_MAX) return { waitMs: BUSY_MS }
    // Counted before it is looked at: guesses made at the same time are as many.
    this.#attempts.failed(name, address)
    const principal = await this.#principals.bySignInName(name.slice(0, 256))
    const isMeant = principal !== null && principal.kind === kind && !principal.disabled
    const isRight = await this.#inTurn(() =>
      isSecret(secret, isMeant ? principal.secretHash : null),
    )
    if (!isMeant || !isRight) return { waitMs: 0 }
    this.#attempts.succeeded(name, address)
    return principal
  }

  async #inTurn(work: () => Promise<boolean>): Promise<boolean> {
    const lane = this.#next++ % LANES
    this.#waiting += 1
    const done = this.#lanes[lane]!.then(work).finally(() => {
      this.#waiting -= 1
    })
    this.#lanes[lane] = done.catch(() => undefined)
    return done
  }
}
