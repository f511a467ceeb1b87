import type { JsonObject } from './json.ts'

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
