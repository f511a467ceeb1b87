import { type Permission, permits } from '@trusted-launch/api'
import type { RoleDefinition } from './role-definitions.ts'

/** That somebody has a role at a scope, and at all below it. */
export interface RoleAssignment {
  readonly principalId: string
  readonly role: RoleDefinition
  /** An id; `/` is everything. */
  readonly scope: string
}

/**
 * Whether these assignments, all of one principal, allow an action there. What one role takes away by
 * `notActions` another may give.
 */
export function mayDo(
  assignments: readonly RoleAssignment[],
  action: string,
  scope: string,
): boolean {
  return assignments.some(
    (assignment) =>
      holdsAt(assignment, scope) &&
      assignment.role.permissions.some((permission) => permits(permission, action)),
  )
}

/** What these assignments allow at a scope, role by role. */
export function permissionsAt(
  assignments: readonly RoleAssignment[],
  scope: string,
): readonly Permission[] {
  return assignments
    .filter((assignment) => holdsAt(assignment, scope))
    .flatMap(({ role }) => role.permissions)
}

function holdsAt({ role, scope }: RoleAssignment, at: string): boolean {
  return isWithin(at, scope) && isAssignable(role, scope)
}

/** Whether a role may be assigned there. */
export function isAssignable({ assignableScopes }: RoleDefinition, scope: string): boolean {
  return assignableScopes.some((assignable) => isWithin(scope, assignable))
}

/** Whether an id is that scope or lies below it, in any case of letters. */
export function isWithin(id: string, scope: string): boolean {
  const [inner, outer] = [id, scope].map((text) => text.toLowerCase().replace(/\/+$/, ''))
  return inner === outer || inner!.startsWith(`${outer}/`)
}
