import { isDeepStrictEqual } from 'node:util'
import { ArmError, faults } from '@trusted-launch/api'
import { checkPlan, type EffectivePlan } from '@trusted-launch/posture'
import { GROUP, SUBSCRIPTION } from '../../domain/groups.ts'
import { PLAN, planOf } from '../../domain/plans.ts'
import { policyNamed } from '../../domain/policies.ts'
import { DRIFT } from '../../domain/references/drift.ts'
import { SCALE_SET } from '../../domain/scale-set/scale-set.ts'
import type { Json, JsonObject, Resource, Tables } from '../../domain/store.ts'
import { hastenBelow } from '../../domain/vm/hasten.ts'
import { VM } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import type { ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { requireVmAt } from './health.ts'
import { type VersionedChange, type VersionedKind, versionedRoutes } from './versioned-routes.ts'

/** A scope has one plan. */
const NAME = 'default'

const plans: VersionedKind = {
  type: PLAN,
  scopes: [SUBSCRIPTION, GROUP, SCALE_SET, VM],
  check: (document, name) => {
    if (name.toLowerCase() !== NAME) throw new ArmError(faults.invalidParameter('name'))
    return checkPlan(document)
  },
  requireFit: (tables, { policy }, scope) =>
    policy === undefined ? Promise.resolve() : requirePolicy(tables, scope, String(policy)),
  requireRight: requireApprover,
  changed: hasten,
  requireUnused: async () => {},
}

/**
 * Who is to be asked more often, or heard sooner, is due by then; not when the former plan said. Whoever is judged by
 * another policy, or by fewer reference values, is due now.
 */
async function hasten(
  tables: Tables,
  { before, after }: VersionedChange,
  scope: Resource,
  now: number,
): Promise<void> {
  const judgedBy = (document: JsonObject | null) => [document?.policy, document?.references]
  const isOther = !isDeepStrictEqual(judgedBy(before), judgedBy(after))
  const { intervalSeconds, silenceSeconds } = after ?? {}
  const told = [intervalSeconds, silenceSeconds].filter((one) => typeof one === 'number')
  const seconds = isOther ? [0] : told
  if (seconds.length > 0) await hastenBelow(tables, scope, now + 1000 * Math.min(...seconds))
}

/** What is approved without a person is approved by who may approve drift there, and no longer is by who may. @throws {ArmError} 403 */
async function requireApprover(
  { authorizer }: Ground,
  { caller, params }: ArmRequest,
  before: JsonObject | null,
  after: JsonObject | null,
): Promise<void> {
  if (isDeepStrictEqual(before?.references, after?.references)) return
  const action = `${DRIFT}/approve/action`
  if ((await authorizer.access(caller, action, params.scope!)) === 'granted') return
  throw new ArmError(
    faults.authorizationFailed(caller.name, caller.objectId, action, params.scope!),
  )
}

/** A plan names a policy that is there. @throws {ArmError} 400 */
export async function requirePolicy(
  tables: Tables,
  scope: Resource,
  id: string,
  target = 'properties.document.policy',
): Promise<void> {
  if ((await policyNamed(tables, scope.subscriptionId, id)) !== null) return
  throw new ArmError({
    ...faults.invalidParameter(target),
    message: `The subscription has no policy '${id}'.`,
  })
}

/** How VMs are watched: the plans of scopes, and what comes of them for one VM. */
export function monitoringPlanRoutes(ground: Ground): Route[] {
  const route = routesOf(PLAN)
  return [
    ...versionedRoutes(plans, ground),
    route('GET', `/:scope/providers/${PLAN}/effective`, 'read', (request) =>
      effective(ground, request),
    ),
  ]
}

/** What holds for a VM, and the name of the plan that says so; null: none does. */
async function effective(ground: Ground, request: ArmRequest) {
  const plan = await planOf(ground.store, await requireVmAt(ground, request))
  return { status: 200, body: effectiveView(request.id, plan) }
}

function effectiveView(id: string, plan: EffectivePlan): JsonObject {
  return { id, name: 'effective', type: PLAN, properties: plan as unknown as Json }
}
