import { keyOf, type Permission, parseResourceId, permits } from '@trusted-launch/api'
import type { Access, Authorizer, Caller } from '../domain/caller.ts'
import type { JsonObject, Resource, Resources } from '../domain/store.ts'
import { mayDo, permissionsAt, type RoleAssignment } from './may-do.ts'
import {
  BUILT_IN_ROLES,
  EVERYBODY,
  MEMBER,
  OWN_RIGHTS,
  type RoleDefinition,
} from './role-definitions.ts'
import { roleDefinitionOf } from './role-resource.ts'

export const ROLE_ASSIGNMENT_TYPE = 'Microsoft.Authorization/roleAssignments'
export const ROLE_DEFINITION_TYPE = 'Microsoft.Authorization/roleDefinitions'
export const SUBSCRIPTION_TYPE = 'Microsoft.Resources/subscriptions'

/** What another process granted or took counts here after this time. */
const AGE_MS_MAX = 2_000
const PAGE = 1_000
const GROUP = /\/resourceGroups\//i

interface Snapshot {
  /** Keys of the subscriptions' ids. */
  readonly subscriptions: ReadonlySet<string>
  readonly byPrincipal: ReadonlyMap<string, readonly RoleAssignment[]>
}

/**
 * Decides by the role assignments in the database. What was granted or taken here counts at once
 * (`changed`), by another process after two seconds.
 */
export class StoredAuthorizer implements Authorizer {
  readonly #resources: Resources
  readonly #now: () => number
  #snapshot: Promise<Snapshot> | null = null
  #madeAt = 0

  constructor(resources: Resources, now: () => number) {
    this.#resources = resources
    this.#now = now
  }

  /**
   * `invisible`: there is no such subscription, or the caller has no role anywhere in it or above; it must
   * look as if there were none.
   */
  async access(caller: Caller, action: string, scope: string): Promise<Access> {
    const { subscriptions, byPrincipal } = await this.#current()
    const assignments = byPrincipal.get(keyOf(caller.objectId)) ?? []
    const subscription = subscriptionOf(scope)
    if (subscription !== null && !subscriptions.has(subscription)) return 'invisible'
    if (mayDo(assignments, action, scope)) return 'granted'
    if (subscription !== null && !sees(assignments, subscription)) return 'invisible'
    return withoutRole(scope).some((one) => permits(one, action)) ? 'granted' : 'denied'
  }

  /** What a caller who sees a scope may do there, by roles and without. */
  async permissionsAt(caller: Caller, scope: string): Promise<readonly Permission[]> {
    const { byPrincipal } = await this.#current()
    const assignments = byPrincipal.get(keyOf(caller.objectId)) ?? []
    return [...permissionsAt(assignments, scope), ...withoutRole(scope)]
  }

  /** The keys of the ids of the subscriptions that a caller sees. */
  async subscriptionsOf(caller: Caller): Promise<readonly string[]> {
    const { subscriptions, byPrincipal } = await this.#current()
    const assignments = byPrincipal.get(keyOf(caller.objectId)) ?? []
    return [...subscriptions].filter((subscription) => sees(assignments, subscription))
  }

  /** Somebody was granted something, or a subscription made: the next question reads anew. */
  changed(): void {
    this.#snapshot = null
  }

  #current(): Promise<Snapshot> {
    const now = this.#now()
    if (this.#snapshot === null || now - this.#madeAt > AGE_MS_MAX) {
      this.#madeAt = now
      const made = this.#read()
      this.#snapshot = made
      made.catch(() => {
        if (this.#snapshot === made) this.#snapshot = null
      })
    }
    return this.#snapshot
  }

  async #read(): Promise<Snapshot> {
    const custom = await all(this.#resources, ROLE_DEFINITION_TYPE)
    const roles = new Map(custom.map((each) => [keyOf(each.id), roleDefinitionOf(each)]))
    const assigned = await all(this.#resources, ROLE_ASSIGNMENT_TYPE)
    const assignments = assigned.flatMap((each) => assignmentOf(each, roles) ?? [])
    const subscriptions = await all(this.#resources, SUBSCRIPTION_TYPE)
    return {
      subscriptions: new Set(subscriptions.map(({ id }) => keyOf(id))),
      byPrincipal: Map.groupBy(assignments, ({ principalId }) => principalId),
    }
  }
}

/** What whoever sees a scope may do there. */
function withoutRole(scope: string): readonly Permission[] {
  if (subscriptionOf(scope) === null) return scope === '/' ? [OWN_RIGHTS, EVERYBODY] : [OWN_RIGHTS]
  return GROUP.test(scope) ? [OWN_RIGHTS] : [OWN_RIGHTS, MEMBER]
}

/** Null: an assignment that counts for nothing, because its role is gone or it has a condition. */
export function assignmentOf(
  { id, properties }: Pick<Resource, 'id' | 'properties'>,
  custom: ReadonlyMap<string, RoleDefinition | null>,
): RoleAssignment | null {
  const { principalId, roleDefinitionId, condition } = properties as JsonObject
  if (typeof principalId !== 'string' || typeof roleDefinitionId !== 'string') return null
  if (condition !== undefined && condition !== null) return null
  const role = builtInOf(roleDefinitionId) ?? custom.get(keyOf(roleDefinitionId)) ?? null
  const scope = parseResourceId(id)?.scope
  if (role === null || scope === undefined) return null
  return { principalId: keyOf(principalId), role, scope: scope === '' ? '/' : scope }
}

/** A built-in role goes by its name at any scope; a custom one by its whole id, so that none can stand for another. */
function builtInOf(roleDefinitionId: string): RoleDefinition | undefined {
  const name = keyOf(roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1))
  return BUILT_IN_ROLES.find((role) => role.name === name)
}

/** Whether two ids name one role. */
export function isSameRole(one: string, other: string): boolean {
  const [role, another] = [builtInOf(one), builtInOf(other)]
  return role === another && (role !== undefined || keyOf(one) === keyOf(other))
}

async function all(resources: Resources, type: string): Promise<Resource[]> {
  const found: Resource[] = []
  for (;;) {
    const last = found.at(-1)
    const page = await resources.list({
      type,
      limit: PAGE,
      ...(last !== undefined && { after: keyOf(last.id) }),
    })
    found.push(...page)
    if (page.length < PAGE) return found
  }
}

function subscriptionOf(scope: string): string | null {
  return /^\/subscriptions\/[^/]+/i.exec(scope)?.[0].toLowerCase() ?? null
}

/** A role at the subscription, above it, or anywhere in it. */
function sees(assignments: readonly RoleAssignment[], subscription: string): boolean {
  return assignments.some(({ scope }) => scope === '/' || subscriptionOf(scope) === subscription)
}
