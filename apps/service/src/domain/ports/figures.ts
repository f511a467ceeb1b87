/** What stands in the database, in numbers: for who watches the service. Never more rows than there are kinds. */
export interface Figures {
  /** VMs by their newest verdict; `none`: they have none. */
  readonly verdicts: readonly { readonly tier: string; readonly count: number }[]
  /** Alerts that are open; samples are none. */
  readonly openAlerts: readonly {
    readonly type: string
    readonly severity: string
    readonly count: number
  }[]
  /** VMs that are due and were not asked yet, and since when the oldest is; null: none. */
  readonly overdue: { readonly count: number; readonly since: number | null }
  /** When the VM was asked that has not been for the longest, of those that are asked again; null: none was. */
  readonly oldestAnswer: number | null
}

/** How the VMs of a subscription that are asked again stand, at one moment. */
export interface Proofs {
  readonly subscriptionId: string
  readonly asked: number
  /** Of these, who answered since a moment. */
  readonly proved: number
  /** When the one answered that has not for the longest, and all of them on the average; null: none did yet. */
  readonly oldest: number | null
  readonly average: number | null
}
