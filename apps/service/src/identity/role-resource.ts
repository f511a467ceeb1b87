import { type Permission, parseResourceId } from '@trusted-launch/api'
import type { Json, JsonObject, Resource } from '../domain/store.ts'
import { isWithin } from './may-do.ts'
import type { RoleDefinition } from './role-definitions.ts'

/**
 * A custom role as it is kept; null: not one, whole, and it allows nothing. It may be assigned where it lies and
 * below, whatever it says: who may change it there must not thereby change what others may elsewhere.
 */
export function roleDefinitionOf({
  id,
  name,
  properties,
}: Pick<Resource, 'id' | 'name' | 'properties'>): RoleDefinition | null {
  const { roleName, description } = properties
  const assignableScopes = textsOf(properties.assignableScopes)
  const permissions = listOf(properties.permissions)?.map(permissionOf) ?? null
  if (assignableScopes === null || permissions === null || permissions.includes(null)) return null
  const home = parseResourceId(id)?.scope ?? id
  return {
    ...{ name, type: 'CustomRole' },
    assignableScopes: assignableScopes.filter((scope) => isWithin(scope, home)),
    roleName: typeof roleName === 'string' ? roleName : name,
    description: typeof description === 'string' ? description : '',
    permissions: permissions as Permission[],
  }
}

/** Null unless every list of it is one of texts: half of a `notActions` would allow more. */
function permissionOf(given: Json): Permission | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
  const of = (name: keyof Permission) => textsOf((given as JsonObject)[name] ?? [])
  const [actions, notActions] = [of('actions'), of('notActions')]
  const [dataActions, notDataActions] = [of('dataActions'), of('notDataActions')]
  if (actions === null || notActions === null) return null
  if (dataActions === null || notDataActions === null) return null
  return { actions, notActions, dataActions, notDataActions }
}

function textsOf(given: Json | undefined): string[] | null {
  const list = listOf(given)
  return list?.every((each) => typeof each === 'string') ? (list as string[]) : null
}

function listOf(given: Json | undefined): readonly Json[] | null {
  return Array.isArray(given) ? given : null
}
