import { ArmError, faults } from '@trusted-launch/api'
import { isSameLocation } from '../../catalogue/regions.ts'
import { GROUP, requireGroup, requireGroupStays, requireSubscription } from '../../domain/groups.ts'
import { requireGroupUnused } from '../../domain/in-use.ts'
import { requireNoLockWithin, requireUnlocked } from '../../domain/locks.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import { entityTag, isKnown } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { pageOf } from '../page.ts'
import { requireLocation } from '../required.ts'
import { contentsOf, filterIn } from '../resource-list.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { wantedOf } from '../wanted.ts'

const COLLECTION = '/subscriptions/:subscriptionId/resourceGroups'
const PATH = `${COLLECTION}/:resourceGroup`
const RIGHT = 'Microsoft.Resources/subscriptions/resourceGroups'
const MODEL = 'ResourceGroup'
const written = { body: MODEL, answer: MODEL }
const NAME = /^[\w().-]{1,89}[\w()-]$|^[\w()-]$/

/** Resource groups: what lies in one goes with it. */
export function groupRoutes(ground: Ground): Route[] {
  const route = routesOf(RIGHT)
  return [
    route('PUT', PATH, 'write', (request) => put(ground, request), written),
    route('PATCH', PATH, 'write', (request) => put(ground, request), written),
    route('GET', PATH, 'read', (request) => get(ground, request), { answer: MODEL }),
    route('DELETE', PATH, 'delete', (request) => remove(ground, request)),
    route('GET', COLLECTION, 'read', (request) => list(ground, request), { answer: `[${MODEL}]` }),
    route('GET', `${PATH}/resources`, 'read', (request) => contents(ground, request)),
  ]
}

/** Azure writes the type of a group in this case. */
function groupView({ id, name, location, tags, provisioningState }: Resource): JsonObject {
  return {
    id,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags,
    properties: { provisioningState },
  }
}

const named = ({ params }: ArmRequest) => [params.subscriptionId!, params.resourceGroup!] as const

async function get({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const [subscription, name] = named(request)
  await requireSubscription(store, subscription)
  const found = await store.resources.get(request.id)
  if (found === null) throw new ArmError(faults.resourceGroupNotFound(name))
  return isKnown(request, found) ? { status: 304 } : reply(200, found)
}

function reply(status: number, group: Resource): ArmReply {
  return { status, body: groupView(group), headers: { ETag: entityTag(group) } }
}

async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const [subscriptionId, name] = named(request)
  if (!NAME.test(name)) throw new ArmError(faults.invalidParameter('resourceGroupName'))
  const { location, tags } = wantedOf(MODEL, request.body ?? {})
  return change(ground, request, async (tables) => {
    await requireSubscription(tables, subscriptionId)
    const existing = await tables.resources.get(request.id)
    requirePlace(location, existing?.location ?? ground.location)
    if (existing !== null) return reply(200, await tagged(ground, tables, existing, tags))
    if (request.method === 'PATCH') throw new ArmError(faults.resourceGroupNotFound(name))
    requireLocation(GROUP, ground, location, null)
    const at = ground.now()
    const made = await tables.resources.insert(
      {
        ...{
          id: request.id,
          type: GROUP,
          name,
          subscriptionId,
          resourceGroup: name,
          parentId: null,
        },
        ...{ location: ground.location, tags: tags ?? {}, envelope: {}, properties: {}, state: {} },
        ...{ provisioningState: 'Succeeded', createdAt: at },
      },
      at,
    )
    return reply(201, made)
  })
}

/** A group is at the location that is served, and stays there. @throws {ArmError} another is named. */
function requirePlace(location: string | null, served: string): void {
  if (location !== null && !isSameLocation(location, served))
    throw new ArmError(faults.groupLocationNotAvailable(location, [served]))
}

async function tagged(
  ground: Ground,
  tables: Tables,
  existing: Resource,
  tags: Resource['tags'] | null,
): Promise<Resource> {
  requireGroupStays(existing)
  await requireUnlocked(tables, existing.id, 'write')
  if (tags === null) return existing
  return tables.resources.update(existing.id, { tags }, ground.now())
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const subscriptionId = request.params.subscriptionId!
  await requireSubscription(store, subscriptionId)
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({
        type: GROUP,
        subscriptionId,
        limit,
        ...(after !== null && { after }),
      }),
    groupView,
    request.query.$filter === undefined ? undefined : filterIn(request),
  )
}

async function contents({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const group = await requireGroup(store, ...named(request))
  return contentsOf(store, group.id, request)
}

async function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const [subscriptionId] = named(request)
  const { operation } = await change(ground, request, async (tables) => {
    await requireSubscription(tables, subscriptionId)
    const group = await tables.resources.get(request.id)
    if (group === null) return { status: 204, operation: null }
    await requireUnlocked(tables, group.id, 'delete')
    await requireNoLockWithin(tables, group)
    await requireGroupUnused(tables, group)
    await tables.resources.update(group.id, { provisioningState: 'Deleting' }, ground.now())
    const work = { kind: 'group.delete', input: {}, host: ground.host }
    return { status: 202, operation: await begin(ground, tables, request, group, work) }
  })
  if (operation === null) return { status: 204 }
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation, request.apiVersion) }
}
