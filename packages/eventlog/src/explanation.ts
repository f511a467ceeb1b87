import { decodeEventData, type EventData } from './event-data.ts'
import type { LoggedEvent } from './log.ts'
import type { Quirk } from './quirks.ts'

/** Bytes of an event's data, from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** How an event's digest comes out of its data. */
export type Rule =
  | 'whole-event'
  | 'variable-value'
  | 'without-last-byte'
  | 'text-without-nul'
  | 'text-without-prefix'
  | 'text-without-prefix-with-nul'
  | 'narrow-text-with-nul'
  | 'text-cut-short'
  | 'tagged-data'

/**
 * - `verified`: the digest was computed again from the data.
 * - `content-elsewhere`: the digest is of something the log does not hold (a file, an image); the data
 *   beside it is the writer's unmeasured word.
 * - `mismatch`: the data ought to give the digest and does not. Never a basis for a claim.
 * - `not-extended`: EV_NO_ACTION; no PCR knows of it.
 */
export type ExplanationStatus = 'verified' | 'content-elsewhere' | 'mismatch' | 'not-extended'

/** What is known about one event in one bank. */
export interface Explanation {
  readonly kind: EventData['kind']
  /** The data read by its type's layout. Only as good as `covers` says. */
  readonly data: EventData
  readonly status: ExplanationStatus
  /** `status === 'verified'`. */
  readonly verified: boolean
  readonly rule: Rule | null
  /** The bytes of the event's data that the digest vouches for; null: none of them. */
  readonly covers: Range | null
  /** What the digest is of: the bytes of `covers`, or the form of them that was measured; null: the log has it not. */
  readonly measured: Uint8Array | null
  /** A known deviation that was needed to understand this event. */
  readonly quirk: Quirk | null
  /** What it measures though its type says otherwise (a separator under another type …). */
  readonly disguised: string | null
}

/** An explanation whose data is read when somebody asks for it: of most events nobody does. */
export class Explained implements Explanation {
  readonly status: ExplanationStatus
  readonly verified: boolean
  readonly rule: Rule | null
  readonly covers: Range | null
  readonly quirk: Quirk | null
  readonly disguised: string | null
  readonly #read: DataOnDemand
  readonly #form: Uint8Array | null

  constructor(
    read: DataOnDemand,
    status: ExplanationStatus,
    found: { readonly rule: Rule; readonly covers: Range; readonly bytes?: Uint8Array } | null,
    quirk: Quirk | null,
    disguised: string | null,
  ) {
    this.status = status
    this.verified = status === 'verified'
    this.rule = found === null ? null : found.rule
    this.covers = found === null ? null : found.covers
    this.quirk = quirk
    this.disguised = disguised
    this.#read = read
    this.#form = found?.bytes ?? null
  }

  get measured(): Uint8Array | null {
    return this.covers === null ? null : (this.#form ?? this.#read.part(this.covers))
  }

  get data(): EventData {
    return this.#read.data
  }

  get kind(): EventData['kind'] {
    return this.#read.data.kind
  }
}

/** The data of an event, read once, and when it is asked for. */
export class DataOnDemand {
  readonly #event: LoggedEvent
  #data: EventData | null = null

  constructor(event: LoggedEvent) {
    this.#event = event
  }

  get data(): EventData {
    this.#data ??= decodeEventData(this.#event)
    return this.#data
  }

  part({ start, end }: Range): Uint8Array {
    return this.#event.data.subarray(start, end)
  }
}
