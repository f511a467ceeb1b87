import { DATA_ACTIONS, type Permission, type RoleDefinition } from './role-definitions.ts'

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
      isWithin(scope, assignment.scope) &&
      isAssignable(assignment.role, assignment.scope) &&
      assignment.role.permissions.some((permission) => permits(permission, action)),
  )
}

/** Whether a role may be assigned there. */
export function isAssignable({ assignableScopes }: RoleDefinition, scope: string): boolean {
  return assignableScopes.some((assignable) => isWithin(scope, assignable))
}

/** Whether one permission, taken by itself, allows an action. */
export function permits(permission: Permission, action: string): boolean {
  const [given, taken] = isDataAction(action)
    ? [permission.dataActions, permission.notDataActions]
    : [permission.actions, permission.notActions]
  return (
    given.some((pattern) => matches(pattern, action)) &&
    !taken.some((pattern) => matches(pattern, action))
  )
}

/** Whether an action needs `dataActions`: see {@link DATA_ACTIONS}. */
export function isDataAction(action: string): boolean {
  return DATA_ACTIONS.some((pattern) => matches(pattern, action))
}

/** Whether an id is that scope or lies below it, in any case of letters. */
export function isWithin(id: string, scope: string): boolean {
  const [inner, outer] = [id, scope].map((text) => text.toLowerCase().replace(/\/+$/, ''))
  return inner === outer || inner!.startsWith(`${outer}/`)
}

/**
 * Whether an action is named by a pattern: `*` stands for any characters, `/` too. Takes time by the
 * product of their lengths at most.
 */
export function matches(pattern: string, action: string): boolean {
  const [first, ...rest] = pattern.toLowerCase().split('*') as [string, ...string[]]
  const text = action.toLowerCase()
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
