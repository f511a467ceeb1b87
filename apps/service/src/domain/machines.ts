import { keyOf } from '@trusted-launch/api'
import { everyOf } from './every-of.ts'
import type { Resource, ResourceQuery, Tables } from './store.ts'
import { MACHINE_TYPES } from './vm/vm.ts'

/** Whether it is a machine on a host: a VM, or an instance of a Uniform scale set. */
export function isMachine({ type }: Pick<Resource, 'type'>): boolean {
  return MACHINE_TYPES.some((one) => keyOf(one) === keyOf(type))
}

/** All machines that a query names, however many; read page by page. */
export async function* everyMachine(
  tables: Pick<Tables, 'resources'>,
  query: Omit<ResourceQuery, 'type' | 'after' | 'limit'> = {},
): AsyncGenerator<Resource> {
  for (const type of MACHINE_TYPES) yield* everyOf(tables, { ...query, type })
}
