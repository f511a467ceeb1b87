import type { JsonObject } from './json.ts'

/** Something that happened, for whoever listens: a change of an alert, of a VM's power, of an operation. */
export interface Event {
  /** 1, 2, 3 …, in the order of the commits; none comes twice. */
  readonly sequence: number
  /** A GUID. */
  readonly id: string
  readonly at: number
  readonly kind: 'alert' | 'operation' | 'vm'
  readonly subscriptionId: string
  /** What it is about: the alert, the VM, what the operation is on. */
  readonly resourceId: string
  readonly data: JsonObject
}

export interface EventQuery {
  /** Those after this number. */
  readonly after: number
  readonly until?: number
  readonly subscriptionId?: string
  readonly kind?: Event['kind']
}

/** Which events of a subscription are to go: those to a number. */
export interface Forgettable {
  readonly subscriptionId: string
  readonly until: number
}

export interface Events {
  /** @returns its number. */
  append(event: Omit<Event, 'sequence'>): Promise<number>
  /** In their order. */
  list(query: EventQuery & { readonly limit: number }): Promise<readonly Event[]>
  count(query: EventQuery): Promise<number>
  /** The numbers of the oldest that is kept, and of the newest that was ever; 0: there was none. */
  ends(): Promise<{ readonly first: number; readonly last: number }>
  /**
   * Of each subscription the newest of a kind that is to go: more than `keep` of its own came after it, or it is from
   * before a time. Those of which nothing is to go are not in it.
   */
  toForget(kind: Event['kind'], keep: number, before: number): Promise<readonly Forgettable[]>
  /** A subscription's of a kind to this number go, but for the newest of all. @returns how many. */
  forget(kind: Event['kind'], of: Forgettable): Promise<number>
}
