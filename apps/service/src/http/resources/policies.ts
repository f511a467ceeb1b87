import { isDeepStrictEqual } from 'node:util'
import { ArmError, faults } from '@trusted-launch/api'
import { checkPolicy } from '@trusted-launch/attestation'
import { SUBSCRIPTION } from '../../domain/groups.ts'
import { plansNaming } from '../../domain/plans.ts'
import { BUILT_IN_POLICIES, POLICY } from '../../domain/policies.ts'
import { documentOf } from '../../domain/versioned.ts'
import { hastenBelow } from '../../domain/vm/hasten.ts'
import type { Ground } from '../ground.ts'
import type { Route } from '../route.ts'
import { type VersionedKind, versionedRoutes } from './versioned-routes.ts'

const policies: VersionedKind = {
  type: POLICY,
  scopes: [SUBSCRIPTION],
  builtIn: new Map(BUILT_IN_POLICIES.map((one) => [one.id, documentOf(one)])),
  check: (document, name) => {
    const policy = checkPolicy(document)
    if (policy.id === name) return policy
    throw new ArmError({
      ...faults.invalidParameter('properties.document.id'),
      message: `The policy's id is '${policy.id}', not '${name.slice(0, 128)}' as its path says.`,
    })
  },
  requireFit: async () => {},
  changed: async (tables, { before, after }, scope, now) => {
    if (isDeepStrictEqual(before, after)) return
    for (const plan of await plansNaming(tables, scope.subscriptionId, String(after?.id))) {
      const named = await tables.resources.get(plan)
      const judged = named === null ? null : await tables.resources.get(named.parentId!)
      if (judged !== null) await hastenBelow(tables, judged, now)
    }
  },
  requireUnused: async (tables, row, scope) => {
    const [plan] = await plansNaming(tables, scope.subscriptionId, row.name)
    if (plan === undefined) return
    const message = `The policy '${row.name}' is in use by the monitoring plan '${plan}'.`
    throw new ArmError({ status: 409, code: 'PolicyInUse', message })
  },
}

/** What VMs must be: the policies that plans of a subscription name. */
export function policyRoutes(ground: Ground): Route[] {
  return versionedRoutes(policies, ground)
}
