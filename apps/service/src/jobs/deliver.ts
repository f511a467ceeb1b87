import type { Logger } from 'pino'
import { DeliveryError } from '../delivery/errors.ts'
import type { SendArguments } from '../delivery/send.ts'
import { alertEventOf, DESTINATION, destinationOf, isEnabled } from '../domain/destinations.ts'
import { everyOf } from '../domain/every-of.ts'
import { tellNoLongerHidden } from '../domain/shown-again.ts'
import type { DeadLetter, Delivery, Event, Resource, Store, Tables } from '../domain/store.ts'
import { OneHolder } from './one-holder.ts'
import { isOurs } from './worker.ts'

export interface DelivererOptions {
  readonly store: Store
  readonly log: Logger
  readonly owner: string
  readonly now: () => number
  readonly send: (...of: SendArguments) => Promise<void>
  readonly pollMs?: number
  readonly leaseMs?: number
  /** From 0 to 1, what waits are spread by. */
  readonly chance?: () => number
}

const POLL_MS = 1_000
const FIRST_WAIT_MS = 1_000
const WAIT_MS_MAX = 300_000
/** An event that is older and fails is given up. */
const PATIENCE_MS = 3 * 86_400_000
/** So often what a receiver refuses as such is tried. */
const REFUSALS_MAX = 5
const LETTERS_KEPT = 10_000
const ERROR_CHARS_MAX = 300
const PAGE = 100
const RULES_MS = 5_000

/**
 * Tells destinations of alerts what became of them: each event at least once, in order, one destination at its own pace.
 * One process of all does; what it had told and could not write down is told again by the next.
 */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #holder: OneHolder
  readonly #busy = new Map<string, Promise<void>>()
  readonly #stop = new AbortController()
  /** When rules were last looked at that may have ended. */
  #lookedAt = Number.NEGATIVE_INFINITY
  #loop: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#holder = new OneHolder('deliver', options)
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** There may be something to tell. */
  wake(): void {
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    await Promise.all(this.#busy.values())
    await this.#holder.release()
  }

  async #run(): Promise<void> {
    const { pollMs = POLL_MS, log } = this.#options
    while (!this.#stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      await this.#look().catch((err) => log.error({ err }, 'alerts are not delivered'))
      await woken
    }
  }

  async #look(): Promise<void> {
    const { store, log } = this.#options
    if (!(await this.#holder.hold())) return
    await this.#tellNoLongerHidden()
    for await (const row of everyOf(store, { type: DESTINATION })) {
      if (this.#busy.has(row.id) || !isEnabled(row)) continue
      const done = this.#drain(row)
        .catch((err) => {
          // What it was told stays unwritten: whoever took over tells it again.
          if (!isOurs(err)) log.error({ err, destination: row.id }, 'a destination is not told')
        })
        .finally(() => this.#busy.delete(row.id))
      this.#busy.set(row.id, done)
    }
  }

  async #tellNoLongerHidden(): Promise<void> {
    const { store, now } = this.#options
    if (Math.abs(now() - this.#lookedAt) < RULES_MS) return
    this.#lookedAt = now()
    await tellNoLongerHidden(store, now())
  }

  /** All that waits for a destination, until one fails. */
  async #drain(row: Resource): Promise<void> {
    const { store, now } = this.#options
    const [letter] = await store.deliveries.letters(row.id, { again: true, limit: 1 })
    if (letter !== undefined) await this.#again(row, letter)
    for (;;) {
      if (this.#stop.signal.aborted || !(await this.#holder.hold())) return
      const delivery = await store.deliveries.get(row.id)
      if (delivery === null || delivery.nextAt > now()) return
      const query = { after: delivery.cursor, subscriptionId: row.subscriptionId } as const
      const events = await store.events.list({ ...query, kind: 'alert', limit: PAGE })
      for (const event of events) if (!(await this.#one(row, event))) return
      if (events.length < PAGE) return
    }
  }

  /** @returns whether the next one may follow. */
  async #one(row: Resource, event: Event): Promise<boolean> {
    if (this.#stop.signal.aborted) return false
    const failure = await this.#failureOf(row, event)
    return this.#write(row, async (tables, delivery) => {
      if (delivery.cursor >= event.sequence) return true
      if (failure !== null && !this.#isGivenUp(delivery, event, failure)) {
        await tables.deliveries.put(this.#later(delivery, failure))
        return false
      }
      const lost = failure === null ? 0 : await this.#bury(tables, row, event, failure)
      const told = failure === null && alertEventOf(event) !== null
      await tables.deliveries.put({
        ...{ ...delivery, cursor: event.sequence, attempts: 0, nextAt: 0, error: null },
        lost: delivery.lost + lost,
        ...(told && { delivered: delivery.delivered + 1, deliveredAt: this.#options.now() }),
      })
      return true
    })
  }

  /** What somebody asked to have sent again is tried once. */
  async #again(row: Resource, { event }: DeadLetter): Promise<void> {
    const failure = await this.#failureOf(row, event)
    await this.#write(row, async (tables, delivery) => {
      if (failure !== null) {
        await this.#bury(tables, row, event, failure)
        return false
      }
      const { now } = this.#options
      await tables.deliveries.unbury(row.id, event.sequence)
      const delivered = delivery.delivered + 1
      await tables.deliveries.put({ ...delivery, delivered, deliveredAt: now() })
      return true
    })
    this.wake()
  }

  /** Null: it arrived, or is not to be told. */
  async #failureOf(row: Resource, event: Event): Promise<DeliveryError | null> {
    const told = alertEventOf(event)
    if (told === null) return null
    try {
      await this.#options.send(row.id, destinationOf(row), told)
      return null
    } catch (error) {
      if (error instanceof DeliveryError) return error
      throw error
    }
  }

  /** @returns how many others were pushed out. */
  #bury({ deliveries }: Tables, { id }: Resource, event: Event, { message }: DeliveryError) {
    const letter = { event, at: this.#options.now(), why: message.slice(0, ERROR_CHARS_MAX) }
    return deliveries.bury(id, letter, LETTERS_KEPT)
  }

  #isGivenUp({ attempts }: Delivery, { at }: Event, { code }: DeliveryError): boolean {
    if (code === 'event-refused' && attempts + 1 >= REFUSALS_MAX) return true
    return this.#options.now() - at > PATIENCE_MS
  }

  #later(delivery: Delivery, { message }: DeliveryError): Delivery {
    const { now, chance = Math.random } = this.#options
    const { attempts } = delivery
    const wait = Math.min(FIRST_WAIT_MS * 2 ** attempts, WAIT_MS_MAX) * (1 - chance() / 4)
    const error = message.slice(0, ERROR_CHARS_MAX)
    return { ...delivery, attempts: attempts + 1, nextAt: now() + Math.round(wait), error }
  }

  /** Nothing is written for one that is gone, or once another process tells. */
  #write(
    { id, etag }: Resource,
    work: (tables: Tables, delivery: Delivery) => Promise<boolean>,
  ): Promise<boolean> {
    return this.#options.store.transaction(async (tables) => {
      await this.#holder.require(tables)
      const [row, delivery] = [await tables.resources.get(id), await tables.deliveries.get(id)]
      // It was changed meanwhile: what is next is told as it is now.
      if (row === null || delivery === null || row.etag !== etag) return false
      return work(tables, delivery)
    })
  }
}
