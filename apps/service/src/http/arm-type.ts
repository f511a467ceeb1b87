import type { ResourceType } from '../domain/resource-type.ts'
import type { JsonObject, Resource, Tables } from '../domain/store.ts'
import type { ArmRequest } from './route.ts'

/** A type of resource as its endpoints need it: its rules, and Azure's form of it. */
export interface ArmType extends ResourceType {
  /** Where it lies: `…/virtualMachines/:name`, or below another resource. */
  readonly path: string
  /** Its form: the tables of what may stand in a body. */
  readonly models: { readonly PUT: string; readonly PATCH: string | null }
  /** `properties` of the view; id, name, type, location, tags and the rest are added. */
  view(
    resource: Resource,
    request: ArmRequest,
    there: Pick<Tables, 'resources'>,
  ): JsonObject | Promise<JsonObject>
  /** Members of the view beside `properties`, that no envelope holds. */
  beside?(resource: Resource): JsonObject
  /**
   * Whether a PUT or PATCH of an existing one keeps what it does not name, or names as null, at whatever depth, as
   * Azure's compute does; a list is named whole. @see Azure, "PUT calls for creation or updates on compute resources"
   */
  readonly keepsUnnamed?: boolean
  /** Whether a new one is answered 202 while there is work on it, and else 200: clients of Azure's disks take no 201. */
  readonly isAccepted?: boolean
  /** Child types have a parent that must be there, and no location of their own. */
  readonly isChild?: boolean
  /** A child with a location of its own, as Azure's tracked ones have. */
  readonly isPlaced?: boolean
  /** Whether there is a list by location, too. */
  readonly isByLocation?: boolean
  /** Of this installation alone: it is where all is, and no location is asked for. */
  readonly isHere?: boolean
}

/** In a subscription's group. */
export function groupPath(type: string): string {
  const [namespace, ...types] = type.split('/')
  const parents = types.slice(0, -1).map((each, i) => `${each}/:parent${i}`)
  const rest = [...parents, `${types.at(-1)}/:name`].join('/')
  return `/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${namespace}/${rest}`
}
