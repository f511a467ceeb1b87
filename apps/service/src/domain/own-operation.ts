import { randomUUID } from 'node:crypto'
import type { JsonObject, Resource, Tables } from './store.ts'
import { inputFor, stateOf, VM } from './vm/vm.ts'

/** Something that the control plane does with a VM by itself. */
export interface OwnDeed {
  /** `vm.start` … */
  readonly kind: string
  /** As the audit has it: `start/action`. */
  readonly action: string
  readonly input?: JsonObject
  /** Who asks: `control plane`, `monitoring plan finance`. */
  readonly caller: string
}

/** Enqueues what nobody asked for by a request; the audit has it, and by whom. Part of a transaction. @returns the operation's id. */
export async function enqueueOwn(
  { operations, audit }: Pick<Tables, 'operations' | 'audit'>,
  vm: Resource,
  { kind, action, input = {}, caller }: OwnDeed,
  at: number,
): Promise<string> {
  const { id: resourceId, subscriptionId } = vm
  const id = randomUUID()
  const who = { principal: 'service', correlationId: randomUUID() }
  await operations.enqueue(
    {
      ...{ id, kind, resourceId, subscriptionId, ...who },
      ...{ location: vm.location!, host: stateOf(vm).host },
      input: { ...input, ...inputFor(vm) },
    },
    at,
  )
  await audit.append({
    ...{ ...who, caller, operationId: id, resourceId, subscriptionId, at },
    ...{ action: `${VM}/${action}`, from: '-', result: 'Accepted', status: 202 },
  })
  return id
}
