import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import { scopesAbove } from '../../domain/locks.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { requireUnassigned } from '../../identity/assigned.ts'
import { ROLE_DEFINITION_TYPE } from '../../identity/authorizer.ts'
import { isWithin } from '../../identity/may-do.ts'
import { BUILT_IN_ROLES } from '../../identity/role-definitions.ts'
import { roleDefinitionOf } from '../../identity/role-resource.ts'
import { type Clause, clausesOf } from '../filter.ts'
import { listOfAll, pageOf, together } from '../page.ts'
import type { ArmReply, ArmRequest } from '../route.ts'
import { type Extending, extendingView, madeAt } from './extending.ts'

const ACTION = /^[\w.*-]+(?:\/[\w.*-]+)*$/
const ACTION_MAX = 256
const ACTIONS_MAX = 500
const NAME_MAX = 128
const DESCRIPTION_MAX = 1024

/** Roles: built-in ones are there at any scope, custom ones where they were made and below. */
export const roleDefinitions: Extending = {
  type: ROLE_DEFINITION_TYPE,
  model: 'RoleDefinition',
  check: async (properties, scope, _, { id, params }) => {
    const kept = { assignableScopes: [scope], ...properties, type: 'CustomRole' } as JsonObject
    requireTexts(kept)
    const role = roleDefinitionOf({ id, name: params.name!, properties: kept })
    if (role === null || role.permissions.length === 0)
      throw new ArmError(faults.missingParameter('permissions'))
    for (const permission of role.permissions) Object.values(permission).forEach(requireActions)
    requireScopes(kept.assignableScopes as readonly string[], scope)
    return kept
  },
  requireRemoval: requireUnassigned,
  list: (ground, scope, request): Promise<ArmReply> => {
    const isWanted = filterIn(request)
    const scopes = new Set(['/', ...scopesAbove(scope), scope])
    const custom = [...scopes].map((one) => madeAt(ground, ROLE_DEFINITION_TYPE, one))
    const builtIn = listOfAll(builtInViews(request))
    return pageOf<{ readonly id: string }>(
      request,
      together<{ readonly id: string }>([builtIn, ...custom]),
      viewOf,
      (one) => isWanted(viewOf(one)),
    )
  },
  builtIn: (request) =>
    builtInViews(request).find(({ name }) => name === keyOf(request.params.name!)),
}

function viewOf(one: object): JsonObject {
  return 'createdAt' in one ? extendingView(one as Resource) : (one as JsonObject)
}

/** `roleName eq '…'`, `type eq 'CustomRole'`, `atScopeAndBelow()`. @throws {ArmError} another. */
function filterIn({ query: { $filter } }: ArmRequest): (view: JsonObject) => boolean {
  const clauses = clausesOf($filter)
  const known = ['rolename eq', 'type eq', 'atscopeandbelow ()', 'atscope ()']
  const isKnown = ({ name, verb }: Clause) => known.includes(`${name} ${verb}`)
  if (clauses === null || !clauses.every(isKnown))
    throw new ArmError(faults.invalidFilter($filter!))
  const members: Readonly<Record<string, string>> = { rolename: 'roleName', type: 'type' }
  return (view) =>
    clauses.every(
      ({ name, verb, value }) =>
        verb === '()' || keyOf(textAt(view, 'properties', members[name]!) ?? '') === keyOf(value),
    )
}

/** @throws {ArmError} `InvalidParameter` */
function requireTexts(properties: JsonObject): void {
  const [roleName, description] = ['roleName', 'description'].map((name) =>
    textAt(properties, name),
  )
  if (roleName == null || roleName === '') throw new ArmError(faults.missingParameter('roleName'))
  if (roleName.length > NAME_MAX) throw new ArmError(faults.invalidParameter('roleName'))
  if ((description ?? '').length > DESCRIPTION_MAX)
    throw new ArmError(faults.invalidParameter('description'))
  if (BUILT_IN_ROLES.some((one) => keyOf(one.roleName) === keyOf(roleName)))
    throw new ArmError({
      status: 409,
      code: 'RoleDefinitionWithSameNameExists',
      message: `A custom role cannot be called as a built-in one is: '${roleName}'.`,
    })
}

function requireActions(actions: readonly string[]): void {
  if (actions.length > ACTIONS_MAX) throw new ArmError(faults.invalidParameter('permissions'))
  const bad = actions.find((one) => !ACTION.test(one) || one.length > ACTION_MAX)
  if (bad !== undefined) throw new ArmError(badAction(bad))
}

function badAction(action: string): Fault {
  return {
    status: 400,
    code: 'InvalidActionOrNotAction',
    message: `'${action.slice(0, 200)}' does not match any of the actions supported by the providers.`,
  }
}

/** A role is assigned where it lies or below: elsewhere it would count for nothing, in silence. */
function requireScopes(scopes: readonly string[], home: string): void {
  const outside = scopes.find((scope) => !isWithin(scope, home))
  if (scopes.length > 0 && outside === undefined) return
  throw new ArmError({
    status: 400,
    code: 'InvalidAssignableScopes',
    message: `A custom role is made at the scope it is assignable at, or above: '${(outside ?? '').slice(0, 200)}' is not within '${home}'.`,
    target: 'assignableScopes',
  })
}

function builtInViews({ params }: ArmRequest): (JsonObject & { id: string; name: string })[] {
  const scope = params.scope === '/' ? '' : params.scope!
  return BUILT_IN_ROLES.map(({ name, roleName, description, permissions }) => ({
    id: `${scope}/providers/${ROLE_DEFINITION_TYPE}/${name}`,
    name: name.toLowerCase(),
    type: ROLE_DEFINITION_TYPE,
    properties: {
      ...{ roleName, description, type: 'BuiltInRole', assignableScopes: ['/'] },
      permissions: JSON.parse(JSON.stringify(permissions)),
    },
  }))
}
