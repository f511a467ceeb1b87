import { ArmError } from '@trusted-launch/api'
import { allocationFailed } from '../catalogue/host-capacity.ts'
import { everyMachine } from './machines.ts'
import type { Resource, Tables } from './store.ts'
import { stateOf } from './vm/vm.ts'

const keyOf = (host: string) => `host/${host}/drained`

/** Whether no VM is placed on a host until somebody resumes it. */
export async function isDrained(
  { values }: Pick<Tables, 'values'>,
  host: string,
): Promise<boolean> {
  return (await values.get(keyOf(host))) !== null
}

export async function keepDrained(
  { values }: Pick<Tables, 'values'>,
  host: string,
  drained: boolean,
): Promise<void> {
  if (drained) await values.put(keyOf(host), new Uint8Array([1]))
  else await values.delete(keyOf(host))
}

/** Before a VM is made or started there. @throws {ArmError} `AllocationFailed` */
export async function requirePlacing(tables: Pick<Tables, 'values'>, host: string): Promise<void> {
  if (await isDrained(tables, host))
    throw new ArmError(
      allocationFailed(
        `the host is drained, and places no virtual machine until it is resumed (tl host resume)`,
      ),
    )
}

/** Every VM of the installation, instances of sets too. */
export async function allVms(tables: Pick<Tables, 'resources'>): Promise<Resource[]> {
  const found: Resource[] = []
  for await (const vm of everyMachine(tables)) found.push(vm)
  return found
}

/** It runs, or is about to. */
export function isUp(vm: Resource): boolean {
  return ['running', 'starting'].includes(stateOf(vm).power)
}
