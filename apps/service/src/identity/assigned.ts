import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { Caller } from '../domain/caller.ts'
import { everyOf } from '../domain/every-of.ts'
import type { JsonObject, Resource, Tables } from '../domain/store.ts'
import { isSameRole, ROLE_ASSIGNMENT_TYPE as TYPE } from './authorizer.ts'
import { OWNER } from './role-definitions.ts'

/**
 * An assignment says what it said before, and nothing that another at its scope says.
 * @throws {ArmError} `RoleAssignmentUpdateNotPermitted`, `RoleAssignmentExists`
 */
export async function requireNewAssignment(
  tables: Tables,
  scope: string,
  wanted: JsonObject,
  existing: Resource | null,
): Promise<void> {
  if (existing !== null && !isSame(existing.properties, wanted))
    throw new ArmError({
      status: 400,
      code: 'RoleAssignmentUpdateNotPermitted',
      message: 'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    })
  if (existing !== null) return
  for await (const one of everyOf(tables, { type: TYPE, parentId: scope }))
    if (isSame(one.properties, wanted))
      throw new ArmError({
        status: 409,
        code: 'RoleAssignmentExists',
        message: `The role assignment already exists. The ID of the existing role assignment is ${one.name.replaceAll('-', '')}.`,
      })
}

/**
 * Somebody is left who owns all of it and may sign in: who asks, or a principal that is not disabled.
 * @throws {ArmError} `OperationNotAllowed`
 */
export async function requireOwnerLeft(
  tables: Tables,
  { id, parentId, properties }: Resource,
  { objectId }: Caller,
): Promise<void> {
  if (parentId !== '/' || !isOwner(properties)) return
  for await (const one of everyOf(tables, { type: TYPE, parentId: '/' })) {
    if (keyOf(one.id) === keyOf(id) || !isOwner(one.properties)) continue
    const principalId = String(one.properties.principalId)
    if (keyOf(principalId) === keyOf(objectId)) return
    const principal = await tables.principals.get(principalId)
    if (principal !== null && !principal.disabled) return
  }
  throw new ArmError(
    faults.operationNotAllowed(
      "Cannot delete the last RBAC admin assignment: nobody else who may sign in is Owner of '/'. Make somebody so first.",
    ),
  )
}

/** A role goes only when nobody has it: who has it would silently have nothing. @throws {ArmError} `RoleDefinitionHasAssignments` */
export async function requireUnassigned(tables: Tables, { id }: Resource): Promise<void> {
  for await (const { properties } of everyOf(tables, { type: TYPE }))
    if (isSameRole(String(properties.roleDefinitionId), id))
      throw new ArmError({
        status: 400,
        code: 'RoleDefinitionHasAssignments',
        message: 'There are existing role assignments referencing role.',
      })
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  const isTheirs = keyOf(String(one.principalId)) === keyOf(String(other.principalId))
  return isTheirs && isSameRole(String(one.roleDefinitionId), String(other.roleDefinitionId))
}

function isOwner({ roleDefinitionId }: JsonObject): boolean {
  return isSameRole(String(roleDefinitionId), OWNER.name)
}
