import type { Caller } from '../domain/caller.ts'
import type { JsonObject, Tables } from '../domain/store.ts'
import type { Done } from './change.ts'
import type { VersionOf } from './conditions.ts'

export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'

/** One request, taken apart and let in. */
export interface ArmRequest {
  readonly method: Method
  readonly params: Readonly<Record<string, string>>
  /** By names in lower case, as `$filter`. */
  readonly query: Readonly<Record<string, string>>
  /** Null: none was sent. */
  readonly body: JsonObject | null
  /** Null: it was sent as JSON, or nothing was. */
  readonly bytes: Uint8Array | null
  readonly apiVersion: string
  /** What the path names, by its route's spelling. */
  readonly id: string
  readonly caller: Caller
  /**
   * Asks again who asks: of what goes on. `isUse`: they did something meanwhile, which keeps a browser signed in.
   * @throws {ArmError} 401: the token ran out, or they may no longer sign in.
   */
  readonly again?: (isUse?: boolean) => Promise<unknown>
  readonly ifMatch: string | null
  readonly ifNoneMatch: string | null
  /** `Last-Event-ID`: of who comes back to a stream of events. */
  readonly lastEventId?: string
  /** Where what is changed is no resource: see `requireConditions`. */
  readonly versionOf?: VersionOf
  readonly correlationId: string
  /** `https://name:port` as configured, never as asked for: URLs of answers begin with it. */
  readonly base: string
  /** The address it came from. */
  readonly from: string
  /** How many deployments it is asked in; 0: somebody asks. */
  readonly level?: number
  /** Enters what was done into the audit, in its own transaction: see `change`. */
  readonly audit: (tables: Tables, done: Done) => Promise<void>
}

export interface ArmReply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An endpoint: what it is called, the right it needs, and what it does. */
export interface Route {
  readonly method: Method
  /**
   * `/subscriptions/:subscriptionId/…`. A leading `/:scope` stands for any id: what is asked for extends it.
   */
  readonly path: string
  /** The right it needs at the scope it names (`Microsoft.Compute/virtualMachines/write`). */
  readonly action: string
  /** A piece of an upload: bytes, not JSON, and no change that an audit tells of. */
  readonly isPiece?: boolean
  /** Its body holds a template: it may be larger than others, and written as templates are. */
  readonly isTemplate?: boolean
  /** Its answer goes on until somebody ends it. */
  readonly isStream?: boolean
  /** The table of what may stand in its body (`VirtualMachine`). */
  readonly body?: string
  /** The table of what it answers; `[VirtualMachine]`: pages of them. */
  readonly answer?: string
  /** The version of what it changes, where that is no resource; null: it has none. */
  readonly versionOf?: VersionOf | null
  readonly handle: (request: ArmRequest) => Promise<ArmReply>
}

/** The id a path names: the route's own spelling, with the names as they were sent. */
export function idOf(
  { path }: Pick<Route, 'path'>,
  params: Readonly<Record<string, string>>,
): string {
  const filled = path
    .split('/')
    .map((part) => (part.startsWith(':') ? (params[part.slice(1)] ?? '') : part))
    .join('/')
  return filled.replace(/^\/+/, '/')
}

/** Where the right is needed: the resource itself, and for a collection or an action what it belongs to. */
export function scopeOf(
  route: Pick<Route, 'path'>,
  params: Readonly<Record<string, string>>,
): string {
  const parts = route.path.split('/')
  while (parts.length > 1 && !parts.at(-1)!.startsWith(':')) parts.pop()
  return parts.length <= 1 ? '/' : idOf({ path: parts.join('/') }, params)
}
