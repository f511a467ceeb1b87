export interface AuditEvent {
  readonly at: number
  /** Object id of the principal, or `-` */
  readonly principal: string
  /** What they are called, as it was then. */
  readonly caller: string
  /** `Microsoft.Compute/virtualMachines/write` */
  readonly action: string
  readonly resourceId: string
  readonly subscriptionId: string | null
  /** `Accepted`, `Succeeded`, `Failed` or a fault's code. */
  readonly result: string
  readonly status: number
  /** Address the request came from. */
  readonly from: string
  readonly correlationId: string
  readonly operationId: string | null
  /** So many requests that failed and have no entry of their own: this one names the last of them. */
  readonly count?: number
}

export interface AuditEntry extends AuditEvent {
  /** 1, 2, 3 … */
  readonly sequence: number
  /** SHA-256 over the entry's canonical text and the hash before it; hex. */
  readonly hash: string
}

export interface Audit {
  append(event: AuditEvent): Promise<AuditEntry>
  list(query: {
    /** Null: of what lies in none. */
    subscriptionId?: string | null
    resourceId?: string
    from?: number
    to?: number
    /** Those after this one, in the order asked for. */
    after?: number
    newestFirst?: boolean
    limit: number
  }): Promise<readonly AuditEntry[]>
  /**
   * Reads all of it again. `brokenAt`: the first entry that does not follow from the ones before it; null: all do.
   * `head`: the hash of the last good one. That the newest entries are still there, only somebody who noted a
   * former head elsewhere can tell.
   */
  verify(): Promise<{ entries: number; brokenAt: number | null; head: string }>
}
