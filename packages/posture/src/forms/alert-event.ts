import type { AlertNews, AlertSummary } from '../alert-news.ts'

/** Something that became of an alert, as it is told to another system. */
export interface AlertEvent {
  /** A GUID: the same each time it is told. */
  readonly id: string
  /** In the order in which things happened. */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly time: number
  readonly what: AlertNews
  /** The alert's id, and the last name of it. */
  readonly alertId: string
  readonly name: string
  readonly alert: AlertSummary
  /** Nothing happened: somebody tries whether it arrives. */
  readonly sample: boolean
}
