import type { Json, JsonObject, Resource } from '../domain/store.ts'
import type { Permission, RoleDefinition } from './role-definitions.ts'

/** A custom role as it is kept; null: not one, whole, and it allows nothing. */
export function roleDefinitionOf({
  name,
  properties,
}: Pick<Resource, 'name' | 'properties'>): RoleDefinition | null {
  const { roleName, description } = properties
  const assignableScopes = textsOf(properties.assignableScopes)
  const permissions = listOf(properties.permissions)?.map(permissionOf) ?? null
  if (assignableScopes === null || permissions === null || permissions.includes(null)) return null
  return {
    ...{ name, type: 'CustomRole', assignableScopes },
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
