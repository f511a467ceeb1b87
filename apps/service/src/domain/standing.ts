import type { Standing } from '@trusted-launch/attestation'
import type { Alert } from '@trusted-launch/posture'
import type { Resource, Tables } from './store.ts'
import { rememberedOf, standingAfter } from './vm/remembered.ts'
import { stateOf } from './vm/vm.ts'

/** How a VM stands after all its verdicts, and after what was done about its alerts since. */
export async function standingOf(
  { values }: Pick<Tables, 'values'>,
  vm: Resource,
  alerts: readonly Alert[],
): Promise<Standing> {
  return standingAfter((await rememberedOf(values, stateOf(vm).vmId)).vm.standing, alerts)
}
