import { ArmError, faults } from '@trusted-launch/api'
import { requireGroup, requireSubscription } from '../domain/groups.ts'
import type { ArmType } from './arm-type.ts'
import { entityTag, isKnown } from './conditions.ts'
import { deleteResource } from './delete-resource.ts'
import type { Ground } from './ground.ts'
import { pageOf } from './page.ts'
import { putResource } from './put-resource.ts'
import { requireLocation, requireResource } from './required.ts'
import { viewOf } from './resource-view.ts'
import type { ArmReply, ArmRequest, Route } from './route.ts'
import { routesOf } from './routes-of.ts'

/** PUT, PATCH, GET, DELETE and the lists of a type. */
export function resourceRoutes(arm: ArmType, ground: Ground): Route[] {
  const { type, path } = arm
  const collection = path.slice(0, path.lastIndexOf('/'))
  const route = routesOf(type)
  const { PUT, PATCH } = arm.models
  const list = (request: ArmRequest) => listOf(arm, ground, request)
  const put = (request: ArmRequest) => putResource(arm, ground, request, 'PUT')
  const patch = (request: ArmRequest) => putResource(arm, ground, request, 'PATCH')
  const listed = { answer: `[${PUT}]` }
  const routes = [
    route('PUT', path, 'write', put, { body: PUT, answer: PUT }),
    route('GET', path, 'read', (request) => get(arm, ground, request), { answer: PUT }),
    route('DELETE', path, 'delete', (request) => deleteResource(arm, ground, request)),
    route('GET', collection, 'read', list, listed),
  ]
  if (PATCH !== null)
    routes.push(route('PATCH', path, 'write', patch, { body: PATCH, answer: PUT }))
  if (arm.isChild !== true) {
    const all = collection.replace('/resourceGroups/:resourceGroup', '')
    if (all !== collection) routes.push(route('GET', all, 'read', list, listed))
  }
  if (arm.isByLocation === true) {
    const [namespace, name] = type.split('/')
    const place = `/subscriptions/:subscriptionId/providers/${namespace}/locations/:location`
    routes.push(route('GET', `${place}/${name}`, 'read', list, listed))
  }
  return routes
}

async function get(arm: ArmType, { store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const resource = await requireResource(store, request)
  const headers = { ETag: entityTag(resource) }
  if (isKnown(request, resource)) return { status: 304, headers }
  return {
    status: 200,
    body: await viewOf(arm, resource, request, store),
    headers,
  }
}

async function listOf(arm: ArmType, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { subscriptionId, resourceGroup, location } = request.params
  requireNoFilter(request)
  if (location !== undefined) requireLocation(arm.type, ground, location, null)
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
    (resource) => viewOf(arm, resource, request, ground.store),
  )
}

/** @throws {ArmError} `InvalidFilterInQueryString`: half a list for a whole one would be worse. */
function requireNoFilter({ query: { $filter = '' } }: ArmRequest): void {
  if ($filter.trim() !== '') throw new ArmError(faults.invalidFilter($filter))
}
