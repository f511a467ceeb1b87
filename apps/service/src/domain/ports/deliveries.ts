import type { Event } from './events.ts'

/** How far a destination of alerts has been told. */
export interface Delivery {
  readonly destinationId: string
  /** Every event to this number is delivered, or a dead letter. */
  readonly cursor: number
  /** How often the next one was tried in vain. */
  readonly attempts: number
  /** It is not tried before. */
  readonly nextAt: number
  /** Why the last try failed; null: it did not. */
  readonly error: string | null
  readonly delivered: number
  readonly deliveredAt: number | null
  /** How many went undelivered for want of room. */
  readonly lost: number
}

/** An event that a destination did not take. */
export interface DeadLetter {
  readonly event: Event
  readonly at: number
  readonly why: string
  /** Whether somebody asked to have it sent again. */
  readonly again: boolean
}

export interface Deliveries {
  get(destinationId: string): Promise<Delivery | null>
  put(delivery: Delivery): Promise<void>
  /** With its dead letters. */
  delete(destinationId: string): Promise<void>
  /** More than `keep` of one destination push the oldest out. @returns how many. */
  bury(destinationId: string, letter: Omit<DeadLetter, 'again'>, keep: number): Promise<number>
  /** In their order. `again`: those alone that are to be sent again. */
  letters(
    destinationId: string,
    query: { readonly after?: number; readonly again?: boolean; readonly limit: number },
  ): Promise<readonly DeadLetter[]>
  countLetters(destinationId: string): Promise<number>
  /** One, by its event's number, or all of them are to be. @returns how many. */
  sendAgain(destinationId: string, sequence: number | null): Promise<number>
  unbury(destinationId: string, sequence: number): Promise<void>
}
