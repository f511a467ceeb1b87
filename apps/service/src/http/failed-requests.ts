import type { Audit, AuditEvent } from '../domain/store.ts'

/** What is written in an hour one by one of one caller, or of an address without one. */
const OF_ONE_PER_HOUR = 60
/** Of all callers together, and as many of all addresses without one. */
const OF_ALL_PER_HOUR = 2_000
const HOUR_MS = 3_600_000
/** The result of an entry that counts. */
const MORE = 'MoreFailures'
const NOBODY = '-'

interface Told {
  written: number
  more: number
  /** Of those that were counted. */
  last: AuditEvent | null
}

/**
 * Puts requests that failed into the audit, refused ones and changes: a flood of them fills no disk, and hides
 * none. So many of an hour are written one by one; those beyond are counted, and one entry tells of them when the
 * hour is over or the service stops. Only a kill takes that number with it.
 */
export class FailedRequests {
  readonly #audit: Pick<Audit, 'append'>
  readonly #now: () => number
  #end = 0
  #callers = new Tally()
  #strangers = new Tally()
  readonly #due: AuditEvent[] = []

  constructor(audit: Pick<Audit, 'append'>, now: () => number) {
    this.#audit = audit
    this.#now = now
  }

  async enter(event: AuditEvent): Promise<void> {
    this.#turn()
    const tally = event.principal === NOBODY ? this.#strangers : this.#callers
    if (tally.take(event)) this.#due.push(event)
    await this.#write()
  }

  /** What an hour that is over leaves to be told; nothing, when it is not. */
  async flush(): Promise<void> {
    this.#turn()
    await this.#write()
  }

  /** Tells of all that was counted, whatever the hour. */
  async close(): Promise<void> {
    this.#end = 0
    await this.flush()
  }

  #turn(): void {
    const now = this.#now()
    if (now < this.#end) return
    for (const tally of [this.#callers, this.#strangers])
      for (const event of tally.rest()) this.#due.push({ ...event, at: now })
    this.#end = now + HOUR_MS
    this.#callers = new Tally()
    this.#strangers = new Tally()
  }

  async #write(): Promise<void> {
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift())
      try {
        await this.#audit.append(next)
      } catch (error) {
        this.#due.unshift(next)
        throw error
      }
  }
}

/** One hour's. Whoever comes once all is written is counted with the others: of addresses there is no end. */
class Tally {
  readonly #of = new Map<string, Told>()
  readonly #others: Told = { written: OF_ONE_PER_HOUR, more: 0, last: null }
  #written = 0

  /** @returns whether it is written by itself. */
  take(event: AuditEvent): boolean {
    const key = event.principal === NOBODY ? event.from : event.principal
    const known = this.#of.get(key) ?? { written: 0, more: 0, last: null }
    const isFull = known.written >= OF_ONE_PER_HOUR
    if (!isFull && this.#written < OF_ALL_PER_HOUR) {
      this.#of.set(key, known)
      this.#written++
      known.written++
      return true
    }
    const told = isFull ? known : this.#others
    told.more++
    told.last = event
    return false
  }

  /** The entries that count the others. */
  rest(): AuditEvent[] {
    const nobody = { principal: NOBODY, caller: NOBODY, from: NOBODY }
    return [...this.#of.values(), this.#others].flatMap((told) =>
      told.last === null
        ? []
        : [
            {
              ...{ ...told.last, ...(told === this.#others && nobody) },
              ...{ result: MORE, count: told.more },
            },
          ],
    )
  }
}
