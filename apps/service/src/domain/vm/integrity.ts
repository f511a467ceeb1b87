import type { Resource, Tables } from '../store.ts'
import { stateJson, stateOf } from './vm.ts'

/**
 * Keeps the tier of a VM's newest verdict with the VM, for whoever lists VMs: its evidence is for fewer people. The row
 * is written only where the tier is another one. A VM that was deleted meanwhile keeps nothing.
 */
export async function noteIntegrity(
  { resources }: Pick<Tables, 'resources'>,
  vm: Resource,
  integrity: string,
  time: number,
): Promise<void> {
  const now = await resources.get(vm.id)
  if (now === null || stateOf(now).vmId !== stateOf(vm).vmId) return
  if (stateOf(now).integrity === integrity) return
  await resources.update(vm.id, { state: stateJson({ ...stateOf(now), integrity }) }, time)
}
