/**
 * What the business needs of a database, as ports. One implementation (`store/`), on SQLite and PostgreSQL.
 * Times are milliseconds since 1970; ids are compared by `keyOf`; JSON values are plain.
 */
import type { Attestations } from './ports/attestations.ts'
import type { Audit } from './ports/audit.ts'
import type { Deliveries } from './ports/deliveries.ts'
import type { Events } from './ports/events.ts'
import type { Figures, Proofs } from './ports/figures.ts'
import type { Leases } from './ports/leases.ts'
import type { Claim, Claimed, Operations } from './ports/operations.ts'
import type { Principals } from './ports/principals.ts'
import type { Resources } from './ports/resources.ts'
import type { Turns } from './ports/turns.ts'
import type { Values } from './ports/values.ts'

export type * from './ports/attestations.ts'
export type * from './ports/audit.ts'
export type * from './ports/deliveries.ts'
export type * from './ports/events.ts'
export type * from './ports/figures.ts'
export type * from './ports/json.ts'
export type * from './ports/leases.ts'
export type * from './ports/operations.ts'
export type * from './ports/principals.ts'
export type * from './ports/resources.ts'
export type * from './ports/turns.ts'
export type * from './ports/values.ts'

export interface Tables {
  readonly resources: Resources
  readonly operations: Operations
  readonly leases: Leases
  readonly audit: Audit
  readonly principals: Principals
  readonly values: Values
  readonly attestations: Attestations
  readonly turns: Turns
  readonly events: Events
  readonly deliveries: Deliveries
}

/** Each call by itself is durable once it resolves; several are by `transaction`. */
export interface Store extends Tables {
  /**
   * All or nothing, durable once it resolves. One at a time, among all processes: what it reads nobody else
   * changes meanwhile. So `work` does nothing but use its tables, and quickly.
   * @throws {StoreError} `store-busy`, `store-unavailable`; what `work` throws, and then nothing happened.
   */
  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  /** As `transaction`, and nothing of it happens unless the claim still holds. @throws {StoreError} `store-cut-off` */
  under<T>(
    claim: Claim,
    work: (tables: Tables & { readonly claimed: Claimed }) => Promise<T>,
  ): Promise<T>
  /** @param types what VMs and alerts are called. */
  figures(types: { readonly vm: string; readonly alert: string }, at: number): Promise<Figures>
  /** A row for each subscription with VMs that are asked again. */
  proofs(since: number): Promise<readonly Proofs[]>
  /** Whoever held a lease, an operation or a turn is gone: all are free at once. Only for who has the database alone. */
  freeAll(): Promise<void>
  /** A copy of all of it, made while others write; a folder or file of its own. */
  backup(path: string): Promise<void>
  close(): Promise<void>
}

export type StoreErrorCode =
  | 'store-exists'
  | 'store-missing'
  | 'store-changed'
  | 'store-cut-off'
  | 'store-busy'
  | 'store-newer'
  | 'store-older'
  | 'store-unavailable'

export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
