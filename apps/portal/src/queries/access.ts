import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { background, client } from '../api/client.ts'
import { everyOf } from './every-of.ts'

/** That somebody has a role at a scope and below. */
export interface RoleAssignment {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly principalId: string
    readonly principalType?: string
    readonly roleDefinitionId: string
    readonly description?: string
  }
}

export interface Permission {
  readonly actions?: readonly string[]
  readonly notActions?: readonly string[]
  readonly dataActions?: readonly string[]
  readonly notDataActions?: readonly string[]
}

export interface Role {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly roleName: string
    readonly type: string
    readonly description?: string
    readonly permissions: readonly Permission[]
    readonly assignableScopes?: readonly string[]
  }
}

/** Somebody who may sign in at this installation. */
export interface Principal {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly kind: 'user' | 'service'
    readonly signInName: string
    readonly displayName: string
    readonly disabled: boolean
  }
}

const AUTHORIZATION = '/providers/Microsoft.Authorization'
export const PRINCIPALS = '/providers/TrustedLaunch/principals'

/** The path of something of a scope; `/` is everything. */
function at(scope: string, what: string): string {
  return `${scope === '/' ? '' : scope}${AUTHORIZATION}/${what}`
}

/** Those that hold at a scope: made there, above, or below. */
export function useRoleAssignments(scope: string) {
  return useQuery({
    queryKey: ['list', scope.toLowerCase(), 'roleAssignments'],
    queryFn: () => everyOf<RoleAssignment>(background, at(scope, 'roleAssignments')),
  })
}

export function useRoles(scope: string) {
  return useQuery({
    queryKey: ['list', scope.toLowerCase(), 'roleDefinitions'],
    queryFn: () => everyOf<Role>(background, at(scope, 'roleDefinitions')),
  })
}

export function newAssignmentPath(scope: string): string {
  return at(scope, `roleAssignments/${crypto.randomUUID()}`)
}

export function newRolePath(scope: string): string {
  return at(scope, `roleDefinitions/${crypto.randomUUID()}`)
}

/** Where an assignment was made; `/` is everything. */
export function scopeOfAssignment({ id }: RoleAssignment): string {
  const [scope = ''] = id.split(new RegExp(`${AUTHORIZATION}/`, 'i'))
  return scope === '' ? '/' : scope
}

/** The last name of a role's id is enough to know it by. */
export function roleKey(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1).toLowerCase()
}

export function usePrincipals() {
  return useQuery({
    queryKey: ['list', 'principals'],
    queryFn: () => everyOf<Principal>(background, PRINCIPALS),
  })
}

/** A secret, told this once. */
export interface NewSecret {
  readonly clientId: string
  readonly secret: string
}

export function useNewSecret() {
  return useMutation({
    mutationFn: async (id: string) =>
      (await client.ask('POST', `${id}/newSecret`)).body as unknown as NewSecret,
  })
}

/** Somebody new; of a program its secret, too. */
export function useNewPrincipal() {
  const known = useQueryClient()
  return useMutation({
    mutationFn: async (properties: Readonly<Record<string, string>>) => {
      const id = `${PRINCIPALS}/${crypto.randomUUID()}`
      await client.ask('PUT', id, { properties })
      if (properties.kind !== 'service') return null
      return (await client.ask('POST', `${id}/newSecret`)).body as unknown as NewSecret
    },
    onSettled: () => known.invalidateQueries({ queryKey: ['list', 'principals'] }),
  })
}
