import { randomUUID } from 'node:crypto'
import { ArmError, faults, nameOf, parseResourceId } from '@trusted-launch/api'
import type { Authorizer } from '../domain/caller.ts'
import { requireGroup, requireSubscription } from '../domain/groups.ts'
import { type Link, requireLinkOfType } from '../domain/links.ts'
import { requireUnlocked } from '../domain/locks.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { Moment, Plan, ResourceType, Wanted, Work } from '../domain/resource-type.ts'
import type { JsonObject, Operation, Resource, Store, Tables } from '../domain/store.ts'
import { merged } from './merge.ts'
import { operationHeaders } from './operation-view.ts'
import { pageOf } from './page.ts'
import type { ArmReply, ArmRequest, Route } from './route.ts'

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

/** What the endpoints stand on. */
export interface Ground {
  readonly store: Store
  readonly authorizer: Authorizer
  /** What the one location of this installation is called. */
  readonly location: string
  /** The lease whose holder drives the host. */
  readonly host: string
  readonly now: () => number
  /** Told after an operation was enqueued. */
  readonly wake: () => void
}

/** In a subscription's group. */
export function groupPath(type: string): string {
  const [namespace, ...types] = type.split('/')
  const parents = types.slice(0, -1).map((each, i) => `${each}/:parent${i}`)
  const rest = [...parents, `${types.at(-1)}/:name`].join('/')
  return `/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${namespace}/${rest}`
}

/** PUT, PATCH, GET, DELETE and the lists of a type. */
export function resourceRoutes(arm: ArmType, ground: Ground): Route[] {
  const { type, path } = arm
  const collection = path.slice(0, path.lastIndexOf('/'))
  const route = (
    method: Route['method'],
    at: string,
    verb: string,
    handle: Route['handle'],
  ): Route => ({
    ...{ method, path: at, handle },
    action: `${type}/${verb}`,
  })
  const list = (request: ArmRequest) => listOf(arm, ground, request)
  const routes = [
    route('PUT', path, 'write', (request) => put(arm, ground, request, 'PUT')),
    route('GET', path, 'read', (request) => get(arm, ground, request)),
    route('DELETE', path, 'delete', (request) => remove(arm, ground, request)),
    route('GET', collection, 'read', list),
  ]
  if (arm.hasPatch === true)
    routes.push(route('PATCH', path, 'write', (request) => put(arm, ground, request, 'PATCH')))
  if (arm.isChild !== true) {
    const all = collection.replace('/resourceGroups/:resourceGroup', '')
    routes.push(route('GET', all, 'read', list))
  }
  return routes
}

/** The resource a request names. @throws {ArmError} `ResourceGroupNotFound`, `ResourceNotFound` */
export async function requireResource(
  tables: Tables,
  request: ArmRequest,
  id = request.id,
): Promise<Resource> {
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
  const found = await tables.resources.get(id)
  if (found === null) throw new ArmError(faults.resourceNotFound(id))
  return found
}

export function momentOf(ground: Ground, tables: Tables, request: ArmRequest): Moment {
  const { caller, correlationId, apiVersion } = request
  return { tables, caller, correlationId, apiVersion, at: ground.now(), location: ground.location }
}

async function get(arm: ArmType, { store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const resource = await requireResource(store, request)
  return {
    status: 200,
    body: await viewOf(arm, resource, request),
    headers: { ETag: resource.etag },
  }
}

async function listOf(arm: ArmType, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { subscriptionId, resourceGroup } = request.params
  if (resourceGroup === undefined) await requireSubscription(ground.store, subscriptionId!)
  else await requireGroup(ground.store, subscriptionId!, resourceGroup)
  const parentId =
    arm.isChild === true ? request.id.slice(0, request.id.lastIndexOf('/')) : undefined
  if (parentId !== undefined) await requireResource(ground.store, request, parentId)
  return pageOf(
    request,
    (after, limit) =>
      ground.store.resources.list({
        ...{ type: arm.type, limit },
        ...(subscriptionId !== undefined && { subscriptionId }),
        ...(resourceGroup !== undefined && { resourceGroup }),
        ...(parentId !== undefined && { parentId }),
        ...(after !== null && { after }),
      }),
    (resource) => viewOf(arm, resource, request),
  )
}

/** What a resource looks like from outside. */
export async function viewOf(
  arm: ArmType,
  resource: Resource,
  request: ArmRequest,
): Promise<JsonObject> {
  const { id, name, type, location, tags, envelope, etag } = resource
  return {
    ...{ id, name, type },
    ...(location !== null && { location }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...envelope,
    ...{ etag },
    properties: await arm.view(resource, request),
  }
}

async function put(
  arm: ArmType,
  ground: Ground,
  request: ArmRequest,
  verb: 'PUT' | 'PATCH',
): Promise<ArmReply> {
  if (request.body === null) throw new ArmError(faults.invalidRequestContent('the body is missing'))
  const asked = withoutNulls(arm.check(request.body, verb), verb)
  for (const link of arm.links?.(request.id, asked) ?? [])
    await requireLink(ground.authorizer, arm, request, link)
  const done = await ground.store.transaction(async (tables) => {
    const existing = await place(arm, ground, tables, request, asked, verb)
    const wanted = existing === null ? asked : over(arm, existing, asked, verb)
    const plan = await arm.plan(request.id, wanted, existing, momentOf(ground, tables, request))
    const resource = await write(ground, tables, { arm, request, existing, wanted, plan })
    return {
      isNew: existing === null,
      resource,
      operation: await begin(ground, tables, request, resource, plan.work),
    }
  })
  if (done.operation !== null) ground.wake()
  const headers =
    done.operation === null
      ? {}
      : operationHeaders(request.base, done.operation, request.apiVersion)
  const body = await viewOf(arm, done.resource, request)
  return { status: done.isNew ? 201 : 200, body, headers: { ...headers, ETag: done.resource.etag } }
}

/** A member that a PUT says is null is not given; a PATCH takes it away. */
function withoutNulls(asked: Wanted, verb: 'PUT' | 'PATCH'): Wanted {
  return verb === 'PATCH' ? asked : { ...asked, properties: merged({}, asked.properties) }
}

/** Naming a resource of another group needs a right there. @throws {ArmError} `LinkedAuthorizationFailed` */
async function requireLink(
  authorizer: Authorizer,
  { type }: ArmType,
  { caller, id }: ArmRequest,
  link: Link,
): Promise<void> {
  requireLinkOfType(link)
  if ((await authorizer.access(caller, link.action, link.id)) === 'granted') return
  throw new ArmError({
    status: 403,
    code: 'LinkedAuthorizationFailed',
    message: `The client '${caller.name}' with object id '${caller.objectId}' has permission to perform action '${type}/write' on scope '${id}'; however, it does not have permission to perform action '${link.action}' on the linked scope(s) '${link.id}' or the linked scope(s) are invalid.`,
  })
}

/** What must hold around a resource before its own rules are asked. @returns the one that is there, or null. */
async function place(
  arm: ArmType,
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
  asked: Wanted,
  verb: 'PUT' | 'PATCH',
): Promise<Resource | null> {
  const { id } = request
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
  if (arm.isChild === true) await requireResource(tables, request, parentOf(id))
  await requireUnlocked(tables, id, 'write')
  const existing = await tables.resources.get(id)
  if (verb === 'PATCH' && existing === null) throw new ArmError(faults.resourceNotFound(id))
  requireConditions(request, existing)
  if (arm.isChild !== true && verb === 'PUT')
    requireLocation(arm.type, ground, asked.location, existing)
  if (existing?.provisioningState === 'Deleting')
    throw new ArmError(faults.operationNotAllowed(`'${existing.name}' is being deleted.`))
  return existing
}

function requireConditions({ ifMatch, ifNoneMatch }: ArmRequest, existing: Resource | null): void {
  const holds =
    (ifMatch === null || (existing !== null && (ifMatch === '*' || ifMatch === existing.etag))) &&
    (ifNoneMatch !== '*' || existing === null)
  if (!holds) throw new ArmError(faults.preconditionFailed())
}

/** The location is the one that is served, and never changes. @throws {ArmError} */
export function requireLocation(
  type: string,
  ground: Ground,
  location: string | null,
  existing: Resource | null,
): void {
  if (location === null)
    throw new ArmError({
      status: 400,
      code: 'LocationRequired',
      message: 'The location property is required for this definition.',
    })
  if (!isSameLocation(location, ground.location))
    throw new ArmError(faults.locationNotAvailable(location, type, [ground.location]))
  if (existing !== null && !isSameLocation(existing.location ?? '', location))
    throw new ArmError({
      status: 409,
      code: 'InvalidResourceLocation',
      message: `The resource '${existing.name}' already exists in location '${existing.location}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    })
}

/** `West Europe` is `westeurope`. */
function isSameLocation(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll(' ', '').toLowerCase()
  return plain(a) === plain(b)
}

function over(arm: ArmType, existing: Resource, asked: Wanted, verb: 'PUT' | 'PATCH'): Wanted {
  const { location, tags, envelope, properties } = existing
  if (verb === 'PATCH')
    return {
      location,
      tags: Object.keys(asked.tags).length > 0 ? asked.tags : tags,
      envelope: { ...envelope, ...asked.envelope },
      properties: merged(properties, asked.properties),
    }
  if (arm.putMerges !== true) return asked
  return { ...asked, properties: { ...properties, ...asked.properties } }
}

interface Writing {
  readonly arm: ArmType
  readonly request: ArmRequest
  readonly existing: Resource | null
  readonly wanted: Wanted
  readonly plan: Plan
}

function write(
  ground: Ground,
  tables: Tables,
  { arm, request, existing, wanted, plan }: Writing,
): Promise<Resource> {
  const { id } = request
  const fields = {
    tags: plan.tags ?? wanted.tags,
    envelope: plan.envelope ?? wanted.envelope,
    properties: plan.properties,
    state: plan.state ?? existing?.state ?? {},
  }
  const at = ground.now()
  if (existing !== null) {
    const provisioningState = plan.work === null ? existing.provisioningState : 'Updating'
    return tables.resources.update(id, { ...fields, provisioningState }, at, existing.etag)
  }
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  const identity = {
    id,
    type: arm.type,
    name: nameOf(parseResourceId(id)!),
    subscriptionId: subscriptionId!,
    resourceGroup,
  }
  const parentId = arm.isChild === true ? parentOf(id) : null
  const location = arm.isChild === true ? wanted.location : ground.location
  const provisioningState = plan.work === null ? 'Succeeded' : 'Creating'
  return tables.resources.insert(
    { ...identity, parentId, location, ...fields, provisioningState, createdAt: at },
    at,
  )
}

/** `…/virtualMachines/web` of `…/virtualMachines/web/extensions/x`. */
function parentOf(id: string): string {
  return id.split('/').slice(0, -2).join('/')
}

/** Enqueues what follows a change. */
export async function begin(
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
  resource: Resource,
  work: Work | null,
): Promise<Operation | null> {
  if (work === null) return null
  const { id: resourceId, subscriptionId } = resource
  const { caller, correlationId } = request
  const { location } = ground
  const id = randomUUID()
  return tables.operations.enqueue(
    {
      id,
      ...work,
      resourceId,
      subscriptionId,
      location,
      principal: caller.objectId,
      correlationId,
    },
    ground.now(),
  )
}

async function remove(arm: ArmType, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id } = request
  const operation = await ground.store.transaction(async (tables) => {
    const { subscriptionId, resourceGroup } = parseResourceId(id)!
    if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
    const existing = await tables.resources.get(id)
    if (existing === null) return 'absent' as const
    requireConditions(request, existing)
    await requireUnlocked(tables, id, 'delete')
    const work =
      (await arm.planDelete?.(existing, momentOf(ground, tables, request), request.query)) ?? null
    if (work === null) {
      await removeWhole(tables, id)
      return null
    }
    await tables.resources.update(id, { provisioningState: 'Deleting' }, ground.now())
    return begin(ground, tables, request, existing, work)
  })
  if (operation === 'absent') return { status: 204 }
  if (operation === null) return { status: 200 }
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation, request.apiVersion) }
}
