import type { Caller } from '../../domain/caller.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import type { Ground } from '../ground.ts'
import { type List, pageOf } from '../page.ts'
import type { ArmReply, ArmRequest } from '../route.ts'

/** A kind of resource that extends any scope: an assignment of a role, a role, a lock. */
export interface Extending {
  readonly type: string
  /** The table of its body's members. */
  readonly model: string
  /** @returns `properties` as they are kept. @throws {ArmError} */
  check(
    properties: JsonObject,
    scope: string,
    ground: Ground,
    request: ArmRequest,
  ): Promise<JsonObject>
  /** What else must hold where it is put, by what is there. @throws {ArmError} */
  requirePut?(
    tables: Tables,
    scope: string,
    wanted: JsonObject,
    existing: Resource | null,
  ): Promise<void>
  /** What must hold for it to go. @throws {ArmError} */
  requireRemoval?(tables: Tables, existing: Resource, caller: Caller): Promise<void>
  /** Those that are so at a scope. */
  list(ground: Ground, scope: string, request: ArmRequest): Promise<ArmReply>
  /** One that is always there. */
  builtIn?(request: ArmRequest): JsonObject | undefined
}

/** The list of those that were made at one scope itself. */
export function madeAt({ store }: Ground, type: string, parentId: string): List<Resource> {
  return (after, limit) =>
    store.resources.list({ type, parentId, limit, ...(after !== null && { after }) })
}

/** A page of them as they look from outside. */
export function extendingPage(
  request: ArmRequest,
  list: List<Resource>,
  keep?: (one: Resource) => boolean,
): Promise<ArmReply> {
  return pageOf(request, list, extendingView, keep)
}

export function extendingView(resource: Resource): JsonObject {
  const { id, name, type, properties, createdAt, changedAt } = resource
  const [createdOn, updatedOn] = [createdAt, changedAt].map((time) => new Date(time).toISOString())
  return {
    ...{ id, name, type },
    properties: { ...properties, createdOn: createdOn!, updatedOn: updatedOn! },
  }
}
