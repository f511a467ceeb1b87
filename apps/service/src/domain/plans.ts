import { type EffectivePlan, effectivePlan, type MonitoringPlan } from '@trusted-launch/posture'
import { groupId } from './groups.ts'
import type { Resource, Tables } from './store.ts'
import { at } from './vm/vm.ts'

/** How the VMs at a scope and below are watched: it extends a subscription, a group or a VM, each with one at most. */
export const PLAN = 'TrustedLaunch/monitoringPlans'

/** The id of the plan of a scope. */
export function planIdOf(scope: string): string {
  return `${scope}/providers/${PLAN}/default`
}

/** The plan in its row. */
export function planIn({ state }: Resource): MonitoringPlan {
  return at(state, 'plan') as unknown as MonitoringPlan
}

/** What holds for a VM now: each setting from the nearest scope whose plan has it. */
export async function planOf(
  { resources }: Pick<Tables, 'resources'>,
  vm: Pick<Resource, 'id' | 'subscriptionId' | 'resourceGroup'>,
): Promise<EffectivePlan> {
  const made = async (scope: string) => {
    const row = await resources.get(planIdOf(scope))
    return row === null ? null : planIn(row)
  }
  return effectivePlan({
    subscription: await made(`/subscriptions/${vm.subscriptionId}`),
    group: await made(groupId(vm.subscriptionId, vm.resourceGroup!)),
    set: null,
    vm: await made(vm.id),
  })
}
