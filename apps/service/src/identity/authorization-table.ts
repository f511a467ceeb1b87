import type { Permission } from '@trusted-launch/api'
import { mayDo } from './may-do.ts'
import {
  BUILT_IN_ROLES,
  EVERYBODY,
  MEMBER,
  OWN_RIGHTS,
  type RoleDefinition,
} from './role-definitions.ts'

/** An endpoint, as far as its right goes. */
export interface Endpoint {
  readonly method: string
  readonly path: string
  /** Null: asked without a token. */
  readonly action: string | null
}

/** Any scope in a role's reach: what counts here is the role. */
const SCOPE = '/subscriptions/s'

/**
 * Who may call what, as text for a golden file: a line for each endpoint, an `x` under each built-in role
 * that may call it where the role is assigned.
 */
export function authorizationTable(endpoints: readonly Endpoint[]): string {
  const head = ['endpoint', 'right', ...BUILT_IN_ROLES.map(({ roleName }) => roleName), 'anybody']
  const rows = endpoints.map(authorizationRow).sort()
  return [rowOf(head), rowOf(head.map(() => '---')), ...rows].map((row) => `${row}\n`).join('')
}

/** Its line in that table. */
export function authorizationRow({ method, path, action }: Endpoint): string {
  const roles = BUILT_IN_ROLES.map((role) => mark(mayCall(role, action)))
  return rowOf([`${method} ${path}`, action ?? '-', ...roles, anybody(action)])
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function mayCall(role: RoleDefinition, action: string | null): boolean {
  const assignment = { principalId: '', role, scope: SCOPE }
  return action === null || mayDo([assignment], action, SCOPE)
}

/** `x`: without a token. `token`: with one, whatever its roles. `member`: with any role in the subscription. */
function anybody(action: string | null): string {
  if (action === null) return 'x'
  const allows = (permission: Permission) =>
    mayCall({ ...BUILT_IN_ROLES[0]!, permissions: [permission] }, action)
  if (allows(EVERYBODY) || allows(OWN_RIGHTS)) return 'token'
  return allows(MEMBER) ? 'member' : ''
}

function mark(may: boolean): string {
  return may ? 'x' : ''
}
