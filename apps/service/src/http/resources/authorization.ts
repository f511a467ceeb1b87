import { ArmError, checkBody, faults, parseResourceId } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { type Extending, extendingView } from './extending.ts'
import { locks } from './locks.ts'
import { roleAssignments } from './role-assignments.ts'
import { roleDefinitions } from './role-definitions.ts'

/** Who may do what where, and what nobody may: all of these extend any scope. */
export function authorizationRoutes(ground: Ground): Route[] {
  return [roleAssignments, roleDefinitions, locks].flatMap((kind) => {
    const path = `/:scope/providers/${kind.type}`
    const body = kind.model
    const route = routesOf(kind.type)
    const list = async (request: ArmRequest) =>
      kind.list(ground, await requireScope(ground, request), request)
    return [
      route('PUT', `${path}/:name`, 'write', (request) => put(kind, ground, request), {
        body,
        answer: body,
      }),
      route('GET', `${path}/:name`, 'read', (request) => get(kind, ground, request), {
        answer: body,
      }),
      route('DELETE', `${path}/:name`, 'delete', (request) => remove(kind, ground, request)),
      route('GET', path, 'read', list, { answer: `[${body}]` }),
    ]
  })
}

async function requireScope({ store }: Ground, { params }: ArmRequest): Promise<string> {
  const scope = params.scope!
  if (scope !== '/' && (await store.resources.get(scope)) === null)
    throw new ArmError(faults.resourceNotFound(scope))
  return scope
}

async function put(kind: Extending, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const scope = await requireScope(ground, request)
  const { properties } = checkBody(kind.model, request.body ?? {}) as JsonObject
  const checked = await kind.check((properties ?? {}) as JsonObject, scope, ground, request)
  const at = ground.now()
  return change(ground, request, async (tables) => {
    const { resources } = tables
    const existing = await resources.get(request.id)
    await kind.requirePut?.(tables, scope, checked, existing)
    if (existing === null)
      return reply(201, await resources.insert(newOne(kind, request, scope, checked, at), at))
    return reply(200, await resources.update(request.id, { properties: checked }, at))
  })
}

function newOne(
  { type }: Extending,
  { id, params }: ArmRequest,
  scope: string,
  properties: JsonObject,
  createdAt: number,
): Omit<Resource, 'etag' | 'changedAt'> {
  const { subscriptionId, resourceGroup = null } = parseResourceId(scope) ?? {}
  return {
    ...{ id, type, name: params.name!, subscriptionId: subscriptionId ?? '', resourceGroup },
    ...{ parentId: scope, location: null, tags: {}, envelope: {}, properties, state: {} },
    ...{ provisioningState: 'Succeeded', createdAt },
  }
}

function reply(status: number, resource: Resource): ArmReply {
  return { status, body: extendingView(resource), headers: { ETag: entityTag(resource) } }
}

async function get(kind: Extending, { store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const builtIn = kind.builtIn?.(request)
  if (builtIn !== undefined) return { status: 200, body: builtIn }
  const found = await store.resources.get(request.id)
  if (found === null) throw new ArmError(faults.resourceNotFound(request.id))
  return reply(200, found)
}

async function remove(kind: Extending, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables): Promise<ArmReply> => {
    const existing = await tables.resources.get(request.id)
    if (existing === null) return { status: 204 }
    await kind.requireRemoval?.(tables, existing, request.caller)
    await tables.resources.delete(request.id)
    return { status: 200, body: extendingView(existing) }
  })
}
