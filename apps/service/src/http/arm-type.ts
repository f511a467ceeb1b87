import type { ResourceType, Wanted } from '../domain/resource-type.ts'
import type { JsonObject, Resource } from '../domain/store.ts'
import type { ArmRequest } from './route.ts'

/** A type of resource as its endpoints need it: its rules, and Azure's form of it. */
export interface ArmType extends ResourceType {
  /** Where it lies: `…/virtualMachines/:name`, or below another resource. */
  readonly path: string
  /** Its form: what may stand in a body. @throws {ArmError} */
  check(body: JsonObject, verb: 'PUT' | 'PATCH'): Wanted
  /** `properties` of the view; id, name, type, location, tags and the rest are added. */
  view(resource: Resource, request: ArmRequest): JsonObject | Promise<JsonObject>
  readonly hasPatch?: boolean
  /** Whether a PUT over an existing one keeps the properties it does not name, as Azure's compute does. */
  readonly putMerges?: boolean
  /** Child types have a parent that must be there, and no location of their own. */
  readonly isChild?: boolean
}

/** In a subscription's group. */
export function groupPath(type: string): string {
  const [namespace, ...types] = type.split('/')
  const parents = types.slice(0, -1).map((each, i) => `${each}/:parent${i}`)
  const rest = [...parents, `${types.at(-1)}/:name`].join('/')
  return `/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${namespace}/${rest}`
}
