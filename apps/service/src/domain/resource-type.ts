import type { Caller } from './caller.ts'
import type { Link } from './links.ts'
import type { JsonObject, Resource, Tables } from './store.ts'

/** What a client wants of a resource, once its form was checked. */
export interface Wanted {
  readonly location: string | null
  /** Null: nothing was said of them. */
  readonly tags: Readonly<Record<string, string>> | null
  readonly envelope: JsonObject
  readonly properties: JsonObject
  /** Of crypt(5): what `prepare` made of a password. */
  readonly passwordHash?: string
}

/** What is known while a change is decided; all of it happens in one transaction. */
export interface Moment {
  readonly tables: Tables
  readonly caller: Caller
  /** Milliseconds since 1970. */
  readonly at: number
  readonly correlationId: string
  /** What the client says it speaks; decides what is shown, and some defaults. */
  readonly apiVersion: string
  /** The location this installation serves. */
  readonly location: string
}

/** A long action that follows a change. */
export interface Work {
  /** `vm.create` … : names its handler. */
  readonly kind: string
  readonly input: JsonObject
  /** The host it works on, or null: any worker does it. */
  readonly host: string | null
}

/** What becomes of a resource. */
export interface Plan {
  readonly properties: JsonObject
  readonly state?: JsonObject
  readonly envelope?: JsonObject
  readonly tags?: Readonly<Record<string, string>>
  /** What a new one is a part of, beside what its id says. */
  readonly parentId?: string
  /** Null: it is done. */
  readonly work: Work | null
  /** Of a new one without work: it is not yet what others may use. */
  readonly isUnfinished?: true
}

/** A type of resource: the rules that decide a change. @throws {ArmError} what it refuses; nothing was changed. */
export interface ResourceType {
  /** `Microsoft.Compute/virtualMachines` */
  readonly type: string
  /** What takes long and needs no tables, before the transaction that everybody else waits for. */
  prepare?(asked: Wanted, id: string, there: Tables): Promise<Wanted>
  /** `existing` null: it is new. `wanted` of a PATCH is already laid over what there is. */
  plan(id: string, wanted: Wanted, existing: Resource | null, moment: Moment): Promise<Plan>
  /** What a body names elsewhere: whoever sends it must have the right to, there. */
  links?(
    id: string,
    asked: Wanted,
    there: Pick<Tables, 'resources'>,
  ): readonly Link[] | Promise<readonly Link[]>
  /** Null: it is removed at once. */
  planDelete?(
    resource: Resource,
    moment: Moment,
    query: Readonly<Record<string, string>>,
  ): Promise<Work | null>
}
