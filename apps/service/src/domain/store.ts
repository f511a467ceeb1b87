/**
 * What the business needs of a database, as ports. One implementation (`store/`), on SQLite and PostgreSQL.
 * Times are milliseconds since 1970; ids are compared by `keyOf`; JSON values are plain.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export type ProvisioningState =
  | 'Creating'
  | 'Updating'
  | 'Deleting'
  | 'Succeeded'
  | 'Failed'
  | 'Canceled'

/** A resource as it is kept: what was asked for, and what was found. */
export interface Resource {
  readonly id: string
  /** `Microsoft.Compute/virtualMachines` */
  readonly type: string
  readonly name: string
  readonly subscriptionId: string
  /** Null: a subscription, or what lies in one directly. */
  readonly resourceGroup: string | null
  /** The id of the resource that it is a part of or extends, or null. */
  readonly parentId: string | null
  readonly location: string | null
  readonly tags: Readonly<Record<string, string>>
  /** `identity`, `zones`, `plan`, `sku`, `kind` …: what stands beside `properties`. */
  readonly envelope: JsonObject
  /** `properties` as asked for, defaults filled in. */
  readonly properties: JsonObject
  /** What the service found out or decided; never sent by a client. */
  readonly state: JsonObject
  readonly provisioningState: ProvisioningState
  /** New at each write. */
  readonly etag: string
  readonly createdAt: number
  readonly changedAt: number
}

export interface ResourceQuery {
  readonly type: string
  readonly subscriptionId?: string
  readonly resourceGroup?: string
  readonly parentId?: string
  /**
   * Only those in whose properties or state this stands, in any case of letters: an id, or what it begins with.
   * What it is there for, they tell themselves.
   */
  readonly naming?: string
  /** The key (`keyOf(id)`) of the last one seen: those after it. */
  readonly after?: string
  /** At most 1,000. */
  readonly limit: number
}

export interface Resources {
  get(id: string): Promise<Resource | null>
  /** In the order of their keys. */
  list(query: ResourceQuery): Promise<readonly Resource[]>
  /** All below a scope (a subscription, group or resource), any type; by key, those after one as in `list`. */
  below(scope: string, limit: number, after?: string): Promise<readonly Resource[]>
  count(query: Omit<ResourceQuery, 'after' | 'limit'>): Promise<number>
  /** Of a number in the properties of all of a type; one that is not there is 0. */
  sum(type: string, property: string): Promise<number>
  /** @throws {StoreError} `store-exists` */
  insert(resource: Omit<Resource, 'etag' | 'changedAt'>, at: number): Promise<Resource>
  /**
   * Writes over the one that is there. `etag`: only if it is still this one.
   * @throws {StoreError} `store-missing`, `store-changed`
   */
  update(
    id: string,
    change: Partial<Omit<Resource, 'id' | 'type' | 'etag' | 'createdAt' | 'changedAt'>>,
    at: number,
    etag?: string,
  ): Promise<Resource>
  /** @returns whether there was one. @throws {StoreError} `store-changed` */
  delete(id: string, etag?: string): Promise<boolean>
}

export type OperationStatus = 'Accepted' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled'

/** Why an operation failed, in Azure's words; `details`: of its parts, where it has some. */
export type OperationError = {
  readonly code: string
  readonly message: string
  readonly target?: string
  readonly details?: readonly OperationError[]
}

/** A long action: what Azure's clients poll. */
export interface Operation {
  /** A GUID. */
  readonly id: string
  /** `vm.create`, `vm.start` … */
  readonly kind: string
  readonly resourceId: string
  readonly subscriptionId: string
  readonly location: string
  /** The host whose lease the worker must hold, or null: any worker. */
  readonly host: string | null
  readonly input: JsonObject
  readonly status: OperationStatus
  /** 0 to 100 */
  readonly percent: number
  /** What happens just now, in words; for people. */
  readonly step: string | null
  /** What its handler keeps from step to step, so that another worker can go on. */
  readonly progress: JsonObject
  readonly result: JsonObject | null
  readonly error: OperationError | null
  readonly cancelRequested: boolean
  readonly principal: string
  readonly correlationId: string
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
}

/** The right to write for an operation, until the lease ends or another takes it: the epoch tells which. */
export interface Claim {
  readonly operation: Operation
  readonly owner: string
  readonly epoch: number
}

export interface Operations {
  enqueue(
    operation: {
      readonly id: string
      readonly kind: string
      readonly resourceId: string
      readonly subscriptionId: string
      readonly location: string
      readonly host: string | null
      readonly input: JsonObject
      readonly principal: string
      readonly correlationId: string
    },
    at: number,
  ): Promise<Operation>
  get(id: string): Promise<Operation | null>
  list(query: {
    subscriptionId?: string
    resourceId?: string
    unfinished?: boolean
    kind?: string
    after?: string
    limit: number
  }): Promise<readonly Operation[]>
  /**
   * The oldest operation that nobody holds (or whose lease is over) and before which no unfinished one of the
   * same resource stands, nor of one that it lies in or that lies in it; its epoch is one more than before.
   * Null: none. `notKinds`: none of these; `busy`, `full`: none of these kinds for these principals, or subscriptions.
   */
  claim(by: {
    owner: string
    hosts: readonly string[]
    at: number
    leaseMs: number
    notKinds?: readonly string[]
    busy?: readonly { readonly kinds: readonly string[]; readonly principals: readonly string[] }[]
    full?: readonly {
      readonly kinds: readonly string[]
      readonly subscriptions: readonly string[]
    }[]
  }): Promise<Claim | null>
  /** @returns false: cut off; the caller stops. */
  renew(claim: Claim, at: number, leaseMs: number): Promise<boolean>
  requestCancel(id: string): Promise<boolean>
  countUnfinished(): Promise<number>
  /** Of one kind, or of all. @returns how many finished ones were forgotten. */
  forget(endedBefore: number, kind?: string): Promise<number>
}

/** Only under a claim: every one of these is refused (`store-cut-off`) once another worker took over. */
export interface Claimed {
  progress(change: { percent?: number; step?: string; progress?: JsonObject }): Promise<void>
  finish(
    end: {
      status: 'Succeeded' | 'Failed' | 'Canceled'
      result?: JsonObject
      error?: Operation['error']
    },
    at: number,
  ): Promise<void>
}

/** A named lease, such as a host's: who holds it drives that host. */
export interface Leases {
  /** @returns the epoch, one more than the last holder's; null: another holds it. */
  acquire(name: string, owner: string, at: number, leaseMs: number): Promise<number | null>
  renew(name: string, owner: string, epoch: number, at: number, leaseMs: number): Promise<boolean>
  release(name: string, owner: string, epoch: number): Promise<void>
  /** In a transaction: it stays so until that ends. @throws {StoreError} `store-cut-off`: not this holder's any more. */
  requireHeld(name: string, owner: string, epoch: number): Promise<void>
  list(): Promise<readonly { name: string; owner: string; epoch: number; until: number }[]>
}

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
    subscriptionId?: string
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

/** Who may sign in at the built-in issuer. */
export interface Principal {
  /** Object id, a GUID. */
  readonly id: string
  /** Client id of a service principal; sign-in name of a user. */
  readonly signInName: string
  readonly kind: 'user' | 'service'
  readonly displayName: string
  /** scrypt, encoded; null: cannot sign in here. */
  readonly secretHash: string | null
  readonly disabled: boolean
  readonly createdAt: number
}

export interface Principals {
  get(id: string): Promise<Principal | null>
  bySignInName(name: string): Promise<Principal | null>
  /** By id: those after one. `limit`: at most 1,000. */
  list(query: { after?: string; limit: number }): Promise<readonly Principal[]>
  put(principal: Principal): Promise<void>
  delete(id: string): Promise<boolean>
}

/** Small sealed or plain values of the installation: issuer keys (sealed by who puts them), clients' state. */
export interface Values {
  get(name: string): Promise<Uint8Array | null>
  /** `expiresAt`: forgotten after it. */
  put(name: string, value: Uint8Array, expiresAt?: number): Promise<void>
  /** @returns whether it was put: not when there is one. */
  putNew(name: string, value: Uint8Array): Promise<boolean>
  delete(name: string): Promise<boolean>
  forget(expiredBefore: number): Promise<number>
}

/** One appraisal of one VM. */
export interface Attestation {
  /** A GUID. */
  readonly id: string
  /** A GUID. */
  readonly vmId: string
  readonly at: number
  /** `affirming`, `warning`, `contraindicated`, `none`: of all that was found. */
  readonly tier: string
  /** What the evidence shows, and what was found beside it. */
  readonly findings: readonly Json[]
  /** The appraisal record: everything that makes the verdict on the evidence again. Kept to the byte. */
  readonly record: Uint8Array
}

/** Without its record: what a list shows. */
export type AttestationSummary = Omit<Attestation, 'record'>

/** How long attestations are kept. Others go when they are too old or too many; a VM's newest never goes. */
export interface Retention {
  /** Those before this time go: of verdicts that affirm, and of all others. */
  readonly before: { readonly affirming: number; readonly others: number }
  /** More than so many of one VM go, the oldest first. */
  readonly keep: { readonly affirming: number; readonly others: number }
  /** More bytes of one VM than this go, the oldest first. What its records share with others' is not counted. */
  readonly bytes: number
  /** The ids of those that stay. */
  readonly except: readonly string[]
}

export interface Attestations {
  /**
   * @param shared a part of the record that other VMs' records have too, as reference values: kept once.
   * @returns how many bytes it takes by itself. @throws {StoreError} `store-exists`
   */
  insert(attestation: Attestation, shared?: Uint8Array): Promise<number>
  latest(vmId: string): Promise<Attestation | null>
  /** The newest first: those after one, by its id. */
  list(
    vmId: string,
    query: { after?: string; limit: number },
  ): Promise<readonly AttestationSummary[]>
  get(id: string): Promise<Attestation | null>
  /** What of a VM's is past its time, the newest first; at most 1,000. */
  expired(vmId: string, retention: Retention): Promise<readonly AttestationSummary[]>
  /** @returns how many there were. */
  delete(ids: readonly string[]): Promise<number>
  deleteOf(vmId: string): Promise<number>
}

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
