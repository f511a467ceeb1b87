import { createHash, randomBytes } from 'node:crypto'
import type { ConsoleKind } from '@trusted-launch/api'
import type { Caller } from '../../domain/caller.ts'
import { TooMany } from '../patience.ts'

/** Who may look at what, and whether they may type. */
export interface Grant {
  readonly kind: ConsoleKind
  /** Whether what they type is passed on. */
  readonly mayType: boolean
  /** The VM's id. */
  readonly vm: string
  /** What it is called on its host: another one of the same name is another. */
  readonly machine: string
  readonly caller: Caller
  /** The right that it was given for; looked up again while it lasts. */
  readonly action: string
  /** Asks again who asks. @throws {ArmError} 401 */
  readonly again: (isUse: boolean) => Promise<unknown>
  readonly correlationId: string
  readonly from: string
}

const LIVES_MS = 60_000
const TICKETS_MAX = 1_000
const TICKET = /^[\w-]{43}$/

/**
 * Tickets for consoles: each good once, for a minute, in the process that gave it: which is the one that drives the
 * host. Kept by their hashes.
 */
export class ConsoleTickets {
  readonly #now: () => number
  readonly #kept = new Map<string, { readonly grant: Grant; readonly endsAt: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** @throws {TooMany} so many wait to be used. */
  give(grant: Grant): { readonly ticket: string; readonly endsAt: number } {
    for (const [hash, { endsAt }] of this.#kept) if (endsAt <= this.#now()) this.#kept.delete(hash)
    if (this.#kept.size >= TICKETS_MAX)
      throw new TooMany(`More than ${TICKETS_MAX} tickets for consoles wait to be used.`, 60)
    const ticket = randomBytes(32).toString('base64url')
    const endsAt = this.#now() + LIVES_MS
    this.#kept.set(hashOf(ticket), { grant, endsAt })
    return { ticket, endsAt }
  }

  /** Null: no such ticket, used or over. */
  use(ticket: string): Grant | null {
    if (!TICKET.test(ticket)) return null
    const hash = hashOf(ticket)
    const found = this.#kept.get(hash)
    this.#kept.delete(hash)
    return found !== undefined && this.#now() < found.endsAt ? found.grant : null
  }
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex')
}
