import { ArmError, faults, keyOf, parseResourceId } from '@trusted-launch/api'
import { LOCK } from '../../domain/locks.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { ROLE_ASSIGNMENT_TYPE, ROLE_DEFINITION_TYPE } from '../../identity/authorizer.ts'
import { BUILT_IN_ROLES } from '../../identity/role-definitions.ts'
import type { Ground } from '../ground.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

/** A kind of resource that extends any scope: an assignment of a role, a lock. */
interface Extending {
  readonly type: string
  /** @throws {ArmError} */
  readonly check: (properties: JsonObject, scope: string, ground: Ground) => Promise<JsonObject>
}

const LEVELS = ['CanNotDelete', 'ReadOnly']

const extending: readonly Extending[] = [
  { type: ROLE_ASSIGNMENT_TYPE, check: checkAssignment },
  { type: ROLE_DEFINITION_TYPE, check: checkDefinition },
  { type: LOCK, check: checkLock },
]

/** Who may do what where, and what nobody may. */
export function authorizationRoutes(ground: Ground): Route[] {
  return extending.flatMap((kind) => {
    const path = `/:scope/providers/${kind.type}`
    const route = (
      method: Route['method'],
      at: string,
      verb: string,
      handle: Route['handle'],
    ): Route => ({
      ...{ method, path: at, handle },
      action: `${kind.type}/${verb}`,
    })
    return [
      route('PUT', `${path}/:name`, 'write', (request) => put(kind, ground, request)),
      route('GET', `${path}/:name`, 'read', (request) => get(kind, ground, request)),
      route('DELETE', `${path}/:name`, 'delete', (request) => remove(ground, request)),
      route('GET', path, 'read', (request) => list(kind, ground, request)),
    ]
  })
}

async function checkAssignment(
  properties: JsonObject,
  scope: string,
  { store }: Ground,
): Promise<JsonObject> {
  const [principalId, role] = ['principalId', 'roleDefinitionId'].map((name) =>
    textAt(properties, name),
  )
  if (principalId == null) throw new ArmError(faults.missingParameter('principalId'))
  if (role == null) throw new ArmError(faults.missingParameter('roleDefinitionId'))
  const name = role.split('/').at(-1)!
  const isBuiltIn = BUILT_IN_ROLES.some((one) => keyOf(one.name) === keyOf(name))
  if (!isBuiltIn && (await store.resources.get(role)) === null)
    throw new ArmError({
      status: 400,
      code: 'RoleDefinitionDoesNotExist',
      message: `The specified role definition with ID '${name.slice(0, 100)}' does not exist.`,
    })
  if (properties.condition != null) throw new ArmError(faults.invalidParameter('condition'))
  return {
    principalId,
    principalType: textAt(properties, 'principalType') ?? 'ServicePrincipal',
    roleDefinitionId: role,
    scope,
  }
}

async function checkDefinition(properties: JsonObject, scope: string): Promise<JsonObject> {
  if (textAt(properties, 'roleName') === null)
    throw new ArmError(faults.missingParameter('roleName'))
  if (!Array.isArray(properties.permissions))
    throw new ArmError(faults.missingParameter('permissions'))
  return { assignableScopes: [scope], ...properties, type: 'CustomRole' }
}

async function checkLock(properties: JsonObject): Promise<JsonObject> {
  const level = LEVELS.find(
    (one) => one.toLowerCase() === textAt(properties, 'level')?.toLowerCase(),
  )
  if (level === undefined) throw new ArmError(faults.invalidParameter('level'))
  return { ...properties, level }
}

async function requireScope({ store }: Ground, { params }: ArmRequest): Promise<string> {
  const scope = params.scope!
  if (scope !== '/' && (await store.resources.get(scope)) === null)
    throw new ArmError(faults.resourceNotFound(scope))
  return scope
}

async function put(
  { type, check }: Extending,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const scope = await requireScope(ground, request)
  const { properties = {} } = (request.body ?? {}) as { properties?: JsonObject }
  const checked = await check(properties, scope, ground)
  const { resources } = ground.store
  const existing = await resources.get(request.id)
  if (existing !== null) {
    const updated = await resources.update(
      request.id,
      { properties: checked },
      ground.now(),
      existing.etag,
    )
    return { status: 200, body: view(updated) }
  }
  const { subscriptionId, resourceGroup } = parseResourceId(scope) ?? {
    subscriptionId: null,
    resourceGroup: null,
  }
  const at = ground.now()
  const made = await resources.insert(
    {
      ...{
        id: request.id,
        type,
        name: request.params.name!,
        subscriptionId: subscriptionId ?? '',
        resourceGroup,
      },
      ...{
        parentId: scope,
        location: null,
        tags: {},
        envelope: {},
        properties: checked,
        state: {},
      },
      ...{ provisioningState: 'Succeeded', createdAt: at },
    },
    at,
  )
  return { status: 201, body: view(made) }
}

function view({ id, name, type, properties, createdAt, changedAt }: Resource): JsonObject {
  const [createdOn, updatedOn] = [createdAt, changedAt].map((time) => new Date(time).toISOString())
  return {
    id,
    name,
    type,
    properties: { ...properties, createdOn: createdOn!, updatedOn: updatedOn! },
  }
}

async function get({ type }: Extending, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const builtIn =
    type === ROLE_DEFINITION_TYPE
      ? builtInViews(request).find(({ name }) => name === request.params.name!.toLowerCase())
      : undefined
  if (builtIn !== undefined) return { status: 200, body: builtIn }
  const found = await ground.store.resources.get(request.id)
  if (found === null) throw new ArmError(faults.resourceNotFound(request.id))
  return { status: 200, body: view(found) }
}

async function remove({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const existing = await store.resources.get(request.id)
  if (existing === null) return { status: 204 }
  await store.resources.delete(request.id)
  return { status: 200, body: view(existing) }
}

async function list({ type }: Extending, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const scope = await requireScope(ground, request)
  if (type === ROLE_DEFINITION_TYPE) {
    const custom = await ground.store.resources.list({ type, parentId: scope, limit: 1000 })
    const all = [...builtInViews(request), ...custom.map(view)]
    const asked = /roleName eq '([^']*)'/i.exec(request.query.$filter ?? '')?.[1]
    return {
      status: 200,
      body: {
        value: all.filter(
          (one) => asked === undefined || textAt(one, 'properties', 'roleName') === asked,
        ),
      },
    }
  }
  return pageOf(
    request,
    (after, limit) =>
      ground.store.resources.list({
        type,
        parentId: scope,
        limit,
        ...(after !== null && { after }),
      }),
    view,
  )
}

function builtInViews({ params }: ArmRequest): JsonObject[] {
  const scope = params.scope === '/' ? '' : params.scope!
  return BUILT_IN_ROLES.map(({ name, roleName, permissions }) => ({
    id: `${scope}/providers/${ROLE_DEFINITION_TYPE}/${name}`,
    name: name.toLowerCase(),
    type: ROLE_DEFINITION_TYPE,
    properties: {
      roleName,
      type: 'BuiltInRole',
      permissions: JSON.parse(JSON.stringify(permissions)),
      assignableScopes: ['/'],
    },
  }))
}
