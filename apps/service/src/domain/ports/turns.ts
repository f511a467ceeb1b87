import type { JsonObject } from './json.ts'

/** A VM that can prove itself: when it is to do so again, and what is known of when it had to answer. */
export interface Watched {
  /** A GUID. */
  readonly vmId: string
  readonly resourceId: string
  /** Whose turn it is. */
  readonly subscriptionId: string
  /** Null: it is asked only when somebody asks for it. */
  readonly due: number | null
  /** Questions since the last that it answered. Who answers none has turns of its own, and keeps no other waiting. */
  readonly unanswered: number
  /** So often it still has such turns, since it answered late; none: it has not. */
  readonly slow?: number
  /** What its host saw of it, as whoever watches it keeps it. */
  readonly watch: JsonObject
}

/** The right to ask a VM, until its lease ends or another takes it: the epoch tells which. */
export interface Turn {
  readonly watched: Watched
  readonly owner: string
  readonly epoch: number
}

export interface Turns {
  get(vmId: string): Promise<Watched | null>
  /** Puts a VM, or changes it. Its turn stays whose it is: one that is held is due when its lease ends, whatever `due` says. */
  put(watched: Watched): Promise<void>
  /**
   * VMs that are due and nobody's turn, in fair order (`inFairOrder`): of those that answered their last questions, and
   * soon, or of the others. Nobody else is given them until the lease ends. `each`: so many of one subscription at
   * most, with those that are `held`, by subscription.
   */
  claim(by: {
    owner: string
    answering: boolean
    at: number
    leaseMs: number
    limit: number
    each?: number
    held?: ReadonlyMap<string, number>
  }): Promise<readonly Turn[]>
  /** The turn of one VM, due or not. Null: another has it, or the VM is not there. */
  take(vmId: string, by: { owner: string; at: number; leaseMs: number }): Promise<Turn | null>
  /** @returns false: another took it. */
  renew(turn: Turn, at: number, leaseMs: number): Promise<boolean>
  /** In a transaction: it stays so until that ends. @throws {StoreError} `store-cut-off` */
  requireHeld(turn: Turn): Promise<void>
  /** Ends it: when the VM is due again, and what is known of it by now. @throws {StoreError} `store-cut-off` */
  end(turn: Turn, after: Pick<Watched, 'due' | 'unanswered' | 'slow' | 'watch'>): Promise<void>
  /** Those at a scope and below that are due later are due then; turns that are held, and who is asked on demand, stay. */
  hasten(scope: string, due: number): Promise<void>
  delete(vmId: string): Promise<boolean>
}
