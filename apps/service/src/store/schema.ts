import type { Kysely } from 'kysely'

/** The tables as they are in both databases. Times are milliseconds, JSON is text, keys are `keyOf` of an id. */
export interface Schema {
  readonly resources: ResourceRow
  readonly names: NameRow
  readonly operations: OperationRow
  readonly leases: LeaseRow
  readonly audit: AuditRow
  readonly principals: PrincipalRow
  readonly stored_values: ValueRow
  readonly contents: ContentRow
  readonly attestations: AttestationRow
  readonly due: DueRow
  readonly events: EventRow
  readonly deliveries: DeliveryRow
  readonly dead_letters: DeadLetterRow
  readonly migrations: MigrationRow
}

/** A connection, in a transaction or not. */
export type Database = Kysely<Schema>

export interface ResourceRow {
  readonly key: string
  readonly id: string
  readonly type: string
  readonly type_key: string
  readonly name: string
  readonly subscription_id: string
  readonly resource_group: string | null
  readonly parent_id: string | null
  readonly parent_key: string | null
  readonly location: string | null
  readonly tags: string
  readonly envelope: string
  readonly properties: string
  readonly state: string
  readonly provisioning_state: string
  readonly etag: string
  readonly created_at: number
  readonly changed_at: number
}

/** What rows name in their properties and state: made of these, to be found by it. */
export interface NameRow {
  /** Of the row. */
  readonly key: string
  /** In small letters. */
  readonly name: string
}

export interface OperationRow {
  /** The order in which they were enqueued. */
  readonly sequence: number
  readonly id: string
  readonly kind: string
  readonly resource_id: string
  readonly resource_key: string
  /** JSON: the keys of what that lies in. */
  readonly above: string
  readonly subscription_id: string
  readonly subscription_key: string
  readonly location: string
  readonly host: string | null
  readonly input: string
  readonly status: string
  readonly percent: number
  readonly step: string | null
  readonly progress: string
  readonly result: string | null
  readonly error: string | null
  /** 0 or 1 */
  readonly cancel_requested: number
  readonly principal: string
  readonly correlation_id: string
  readonly created_at: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly owner: string | null
  readonly epoch: number
  readonly lease_until: number
}

export interface LeaseRow {
  readonly name: string
  readonly owner: string
  readonly epoch: number
  /** 0: released. */
  readonly until: number
}

export interface AuditRow {
  readonly sequence: number
  readonly at: number
  readonly subscription_key: string | null
  readonly resource_key: string
  /** What was hashed, letter for letter: canonical JSON. */
  readonly entry: string
  readonly hash: string
}

export interface PrincipalRow {
  readonly id: string
  readonly sign_in_name: string
  readonly sign_in_key: string
  readonly kind: string
  readonly display_name: string
  readonly secret_hash: string | null
  /** 0 or 1 */
  readonly disabled: number
  readonly created_at: number
}

export interface ValueRow {
  readonly name: string
  readonly value: Uint8Array
  readonly expires_at: number | null
}

/** What records have in common: known by its hash, kept once, gone with the last that needs it. */
export interface ContentRow {
  readonly number: number
  /** SHA-256, hexadecimal. */
  readonly hash: string
  /** zstd */
  readonly bytes: Uint8Array
}

export interface AttestationRow {
  readonly id: string
  readonly vm_key: string
  readonly at: number
  readonly tier: string
  readonly findings: string
  /** What the record is told by the difference to; null: it is whole, as it came. */
  readonly base: number | null
  /** What was cut out of the record, and where. */
  readonly shared: number | null
  readonly shared_at: number | null
  readonly record: Uint8Array
}

export interface EventRow {
  readonly sequence: number
  readonly id: string
  readonly at: number
  readonly kind: string
  readonly subscription_key: string
  readonly resource_id: string
  readonly data: string
}

export interface DeliveryRow {
  /** Of the destination. */
  readonly key: string
  readonly cursor: number
  readonly attempts: number
  readonly next_at: number
  readonly error: string | null
  readonly delivered: number
  readonly delivered_at: number | null
  readonly lost: number
}

export interface DeadLetterRow {
  /** `DESTINATION#SEQUENCE` */
  readonly key: string
  readonly destination_key: string
  readonly sequence: number
  readonly at: number
  readonly why: string
  readonly event: string
  /** 0 or 1 */
  readonly again: number
}

export interface DueRow {
  readonly vm_key: string
  readonly resource_id: string
  readonly subscription_key: string
  /** While its turn is held: when that ends. */
  readonly due: number | null
  readonly unanswered: number
  readonly slow: number
  readonly watch: string
  readonly owner: string | null
  readonly epoch: number
  /** 0: nobody's turn. */
  readonly lease_until: number
}

export interface MigrationRow {
  readonly number: number
  readonly name: string
  readonly applied_at: number
}
