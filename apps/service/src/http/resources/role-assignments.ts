import { ArmError, type Fault, faults, keyOf, parseResourceId } from '@trusted-launch/api'
import { scopesAbove } from '../../domain/locks.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { requireNewAssignment, requireOwnerLeft } from '../../identity/assigned.ts'
import { ROLE_ASSIGNMENT_TYPE } from '../../identity/authorizer.ts'
import { BUILT_IN_ROLES } from '../../identity/role-definitions.ts'
import { clausesOf } from '../filter.ts'
import type { Ground } from '../ground.ts'
import { type List, together } from '../page.ts'
import type { ArmRequest } from '../route.ts'
import { type Extending, extendingPage, madeAt } from './extending.ts'

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const KINDS = ['User', 'Group', 'ServicePrincipal']

/** Who has which role where. */
export const roleAssignments: Extending = {
  type: ROLE_ASSIGNMENT_TYPE,
  model: 'RoleAssignment',
  check: checkAssignment,
  requirePut: requireNewAssignment,
  requireRemoval: requireOwnerLeft,
  list: (ground, scope, request) => {
    const { isAtScope, principalId } = filterIn(request)
    const above = ['/', ...scopesAbove(scope)].filter((one) => keyOf(one) !== keyOf(scope))
    const list = together([
      ...above.map((one) => madeAt(ground, ROLE_ASSIGNMENT_TYPE, one)),
      isAtScope ? madeAt(ground, ROLE_ASSIGNMENT_TYPE, scope) : madeWithin(ground, scope),
    ])
    const isOf = (one: Resource) =>
      principalId === null || keyOf(String(one.properties.principalId)) === keyOf(principalId)
    return extendingPage(request, list, (one) => one.type === ROLE_ASSIGNMENT_TYPE && isOf(one))
  },
}

/** At a scope and below it; of a resource with all else that lies there, which the page leaves out. */
function madeWithin({ store: { resources } }: Ground, scope: string): List<Resource> {
  const { subscriptionId, resourceGroup, namespace } = parseResourceId(scope) ?? {}
  if (namespace != null) return (after, limit) => resources.below(scope, limit, after ?? undefined)
  const query = {
    type: ROLE_ASSIGNMENT_TYPE,
    ...(subscriptionId != null && { subscriptionId }),
    ...(resourceGroup != null && { resourceGroup }),
  }
  return (after, limit) => resources.list({ ...query, limit, ...(after !== null && { after }) })
}

/**
 * `atScope()`: none from below. `principalId eq '…'`, `assignedTo('…')`: of somebody; there are no groups, so both ask the
 * same. @throws {ArmError} another.
 */
function filterIn({ query: { $filter } }: ArmRequest) {
  const clauses = clausesOf($filter)?.map(({ name, verb, value }) => [`${name} ${verb}`, value])
  const names = clauses?.map(([name]) => name!) ?? ['']
  const isKnown = names.every((one) =>
    ['atscope ()', 'principalid eq', 'assignedto ()'].includes(one),
  )
  const of = clauses?.filter(([name]) => name !== 'atscope ()') ?? []
  if (!isKnown || of.length > 1 || of.some(([, value]) => !GUID.test(value!)))
    throw new ArmError(unsupported($filter!))
  return { isAtScope: names.includes('atscope ()'), principalId: of[0]?.[1] ?? null }
}

function unsupported(filter: string): Fault {
  return {
    status: 400,
    code: 'UnsupportedQuery',
    message: `The filter '${filter.slice(0, 200)}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.`,
    target: '$filter',
  }
}

async function checkAssignment(
  properties: JsonObject,
  scope: string,
  { store }: Ground,
  { params }: ArmRequest,
): Promise<JsonObject> {
  const [principalId, role] = ['principalId', 'roleDefinitionId'].map((name) =>
    textAt(properties, name),
  )
  if (!GUID.test(params.name!)) throw new ArmError(badName(params.name!))
  if (principalId == null) throw new ArmError(faults.missingParameter('principalId'))
  if (role == null) throw new ArmError(faults.missingParameter('roleDefinitionId'))
  if (!GUID.test(principalId)) throw new ArmError(faults.invalidParameter('principalId'))
  const name = role.split('/').at(-1)!
  const isBuiltIn = BUILT_IN_ROLES.some((one) => keyOf(one.name) === keyOf(name))
  if (!isBuiltIn && (await store.resources.get(role)) === null)
    throw new ArmError({
      status: 400,
      code: 'RoleDefinitionDoesNotExist',
      message: `The specified role definition with ID '${name.slice(0, 100)}' does not exist.`,
    })
  if (properties.condition != null) throw new ArmError(faults.invalidParameter('condition'))
  const principalType = textAt(properties, 'principalType') ?? 'ServicePrincipal'
  if (!KINDS.includes(principalType)) throw new ArmError(faults.invalidParameter('principalType'))
  const description = textAt(properties, 'description')
  return {
    ...{ principalId, principalType, roleDefinitionId: role, scope },
    ...(description !== null && { description: description.slice(0, 1024) }),
  }
}

function badName(name: string): Fault {
  return {
    status: 400,
    code: 'InvalidRoleAssignmentId',
    message: `The role assignment ID '${name.slice(0, 100)}' is not valid. The role assignment ID must be a GUID.`,
  }
}
