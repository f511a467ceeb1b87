import { keyOf } from '@trusted-launch/api'
import { type EffectivePlan, effectivePlan, type MonitoringPlan } from '@trusted-launch/posture'
import { everyOf } from './every-of.ts'
import { groupId } from './groups.ts'
import { INSTANCE } from './scale-set/scale-set.ts'
import type { Resource, Tables } from './store.ts'
import { versionIn } from './versioned.ts'
import { textAt } from './vm/vm.ts'

/**
 * How the VMs at a scope and below are watched: it extends a subscription, a group, a scale set or a
 * VM, each with one at most.
 */
export const PLAN = 'TrustedLaunch/monitoringPlans'

/** The id of the plan of a scope. */
export function planIdOf(scope: string): string {
  return `${scope}/providers/${PLAN}/default`
}

/** The plan in its row. */
export function planIn(row: Resource): MonitoringPlan {
  return versionIn(row).document as unknown as MonitoringPlan
}

/** What says whose plans hold for a VM. */
export type PlannedVm = Pick<
  Resource,
  'id' | 'type' | 'properties' | 'subscriptionId' | 'resourceGroup'
>

/** The id of the scale set that a VM is in, Uniform or Flexible; null: in none. */
export function setIdOf({ id, type, properties }: PlannedVm): string | null {
  if (keyOf(type) === keyOf(INSTANCE)) return id.split('/').slice(0, -2).join('/')
  return textAt(properties, 'virtualMachineScaleSet', 'id')
}

/**
 * What holds for a VM now: each setting from the nearest scope whose plan has it.
 * @param tried a plan in place of the one that is, or is not, at a scope.
 */
export async function planOf(
  { resources }: Pick<Tables, 'resources'>,
  vm: PlannedVm,
  tried: { readonly scope: string; readonly plan: MonitoringPlan } | null = null,
): Promise<EffectivePlan> {
  const made = async (scope: string) => {
    const id = planIdOf(scope)
    if (tried !== null && id.toLowerCase() === planIdOf(tried.scope).toLowerCase())
      return tried.plan
    const row = await resources.get(id)
    return row === null ? null : planIn(row)
  }
  const set = setIdOf(vm)
  return effectivePlan({
    subscription: await made(`/subscriptions/${vm.subscriptionId}`),
    group: await made(groupId(vm.subscriptionId, vm.resourceGroup!)),
    set: set === null ? null : await made(set),
    vm: await made(vm.id),
  })
}

/** The ids of the plans of a subscription that name a policy. */
export async function plansNaming(
  tables: Pick<Tables, 'resources'>,
  subscriptionId: string,
  policy: string,
): Promise<string[]> {
  const found: string[] = []
  for await (const row of everyOf(tables, { type: PLAN, subscriptionId }))
    if (planIn(row).policy === policy) found.push(row.id)
  return found
}
