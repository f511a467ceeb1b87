import type { Caller } from '../caller.ts'
import type { JsonObject } from '../store.ts'

export interface Asked {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** An id, and for an action what it is called. */
  readonly path: string
  readonly apiVersion: string
  readonly body: JsonObject | null
}

/** Under whose rights something is asked, and what its entries in the audit say. */
export interface OnBehalf {
  readonly caller: Caller
  readonly correlationId: string
  /** The address that the deployment came from. */
  readonly from: string
  /** `https://name:port`: URLs of answers begin with it. */
  readonly base: string
  /** How many deployments it is asked in: 1 is one that somebody asked for. */
  readonly level: number
}

export interface Told {
  readonly status: number
  readonly body: JsonObject | null
  /** The operation that follows it, or null: it is done. */
  readonly operationId: string | null
}

/** The endpoints of this service, asked from within: the same rules, rights and audit as over HTTPS. */
export interface Inside {
  /** @throws {ArmError} what it would be answered. */
  ask(asked: Asked, who: OnBehalf): Promise<Told>
  /** All that can be known of it without doing it: that there is such an endpoint, the right, the form. @throws {ArmError} */
  require(asked: Asked, who: OnBehalf): Promise<void>
  /** The types that can be put: `Microsoft.Compute/virtualMachines`. */
  readonly types: readonly string[]
}
