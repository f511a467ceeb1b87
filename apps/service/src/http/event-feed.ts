import { PassThrough, type Readable } from 'node:stream'
import { ArmError } from '@trusted-launch/api'
import { forgottenOf } from '../domain/events.ts'
import type { Event, Store } from '../domain/store.ts'
import { TooMany } from './patience.ts'

/** What somebody listens to. */
export interface Listening {
  readonly principal: string
  readonly subscriptionId: string
  /** What of it is theirs to see. */
  readonly isFor: (event: Event) => boolean
  /** The number of the last event that is known; null: those from now on. */
  readonly after: number | null
  /** Whether they still may; asked at each heartbeat. */
  readonly mayStay: () => Promise<boolean>
}

export interface FeedOptions {
  readonly store: Pick<Store, 'events' | 'values'>
  readonly now: () => number
  readonly pollMs?: number
  readonly heartbeatMs?: number
  readonly stayMs?: number
  readonly slowMs?: number
}

const POLL_MS = 1_000
const HEARTBEAT_MS = 15_000
/** A token that was good at the beginning is not good for ever. */
const STAY_MS = 1_800_000
/** Whoever takes nothing for so long is let go: it comes back, and goes on where it was. */
const SLOW_MS = 30_000
const PAGE = 100
const STREAMS_MAX = 256
const STREAMS_OF_ONE_MAX = 8

interface Stream {
  readonly listening: Listening
  readonly out: PassThrough
  readonly begunAt: number
  /** The last event that was looked at for it. */
  cursor: number
  beatAt: number
  /** Since when it takes nothing; null: it does. */
  fullSince: number | null
  isBusy: boolean
}

/**
 * What happens, as it happens, to whoever listens: server-sent events out of the database, so whichever process wrote
 * them. It is looked for once a second for all listeners together.
 * @see WHATWG HTML, "Server-sent events"
 */
export class EventFeed {
  readonly #options: FeedOptions
  readonly #streams = new Set<Stream>()
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** @throws {ArmError} too many listen, of one principal or of all; the service ends. */
  async open(listening: Listening): Promise<Readable> {
    this.#requireRoom(listening)
    const out = new PassThrough({ highWaterMark: 64 * 1024 })
    const at = this.#options.now()
    const stream: Stream = {
      ...{ listening, out, begunAt: at, beatAt: at, fullSince: null, isBusy: true, cursor: 0 },
    }
    this.#streams.add(stream)
    out.on('close', () => this.#leave(stream))
    try {
      const { last } = await this.#options.store.events.ends()
      stream.cursor = Math.min(listening.after ?? last, last)
      out.write('retry: 2000\n\n')
      const forgotten = await forgottenOf(this.#options.store, listening.subscriptionId)
      const isGap = listening.after !== null && listening.after < forgotten
      if (isGap) out.write(`id: ${stream.cursor}\nevent: lost\ndata: {}\n\n`)
      stream.isBusy = false
    } catch (error) {
      out.destroy()
      throw error
    }
    this.#timer ??= setInterval(() => this.#tick(), this.#options.pollMs ?? POLL_MS).unref()
    void this.#advance(stream)
    return out
  }

  /** All listeners are let go. */
  close(): void {
    this.#closed = true
    for (const { out } of this.#streams) out.end()
  }

  #requireRoom({ principal }: Listening): void {
    if (this.#closed)
      throw new ArmError({
        ...{ status: 503, code: 'ServerBusy', message: 'The service ends.' },
      })
    const own = [...this.#streams].filter(({ listening }) => listening.principal === principal)
    if (own.length >= STREAMS_OF_ONE_MAX)
      throw new TooMany(`Nobody listens to more than ${STREAMS_OF_ONE_MAX} streams of events.`, 15)
    if (this.#streams.size >= STREAMS_MAX)
      throw new TooMany(`More than ${STREAMS_MAX} listen to events.`, 15)
  }

  #leave(stream: Stream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #tick(): void {
    void this.#options.store.events.ends().then(
      ({ last }) => {
        for (const stream of this.#streams) {
          this.#keep(stream)
          if (stream.cursor < last) void this.#advance(stream)
        }
      },
      () => {},
    )
  }

  /** Heartbeats, and who has to go. */
  #keep(stream: Stream): void {
    const { now, heartbeatMs = HEARTBEAT_MS, stayMs = STAY_MS, slowMs = SLOW_MS } = this.#options
    const at = now()
    const { out, fullSince, listening } = stream
    if (fullSince !== null && at - fullSince > slowMs) {
      out.destroy()
      return
    }
    if (at - stream.begunAt > stayMs) out.end()
    if (at - stream.beatAt < heartbeatMs || fullSince !== null || out.writableEnded) return
    stream.beatAt = at
    this.#write(stream, ':\n\n')
    listening.mayStay().then(
      (may) => may || out.end(),
      () => out.end(),
    )
  }

  async #advance(stream: Stream): Promise<void> {
    if (stream.isBusy || stream.fullSince !== null || stream.out.writableEnded) return
    stream.isBusy = true
    try {
      const { subscriptionId, isFor } = stream.listening
      for (let isMore = true; isMore && stream.fullSince === null; ) {
        const query = { after: stream.cursor, subscriptionId, limit: PAGE }
        const events = await this.#options.store.events.list(query)
        for (const event of events) {
          stream.cursor = event.sequence
          if (isFor(event)) this.#write(stream, textOf(event))
        }
        isMore = events.length === PAGE && !stream.out.writableEnded
      }
    } catch {
      stream.out.destroy()
    } finally {
      stream.isBusy = false
    }
  }

  #write(stream: Stream, text: string): void {
    if (stream.out.writableEnded || stream.out.destroyed) return
    if (stream.out.write(text)) return
    stream.fullSince = this.#options.now()
    stream.out.once('drain', () => {
      stream.fullSince = null
    })
  }
}

function textOf({ sequence, id, at, kind, resourceId, data }: Event): string {
  const told = { id, time: new Date(at).toISOString(), resourceId, ...data }
  return `id: ${sequence}\nevent: ${kind}\ndata: ${JSON.stringify(told)}\n\n`
}
