import { keyOf } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { setIdOf } from '../plans.ts'
import { SCALE_SET } from '../scale-set/scale-set.ts'
import type { Resource, Tables } from '../store.ts'
import { VM } from './vm.ts'

/** Those at a scope and below that are asked by themselves are so at `due` at the latest. Part of a transaction. */
export async function hastenBelow(
  { turns, resources }: Tables,
  { id, type }: Pick<Resource, 'id' | 'type'>,
  due: number,
): Promise<void> {
  await turns.hasten(id, due)
  if (type !== SCALE_SET) return
  // The VMs of a flexible set do not lie below it.
  for await (const vm of everyOf({ resources }, { type: VM, naming: id }))
    if (keyOf(setIdOf(vm) ?? '') === keyOf(id)) await turns.hasten(vm.id, due)
}
