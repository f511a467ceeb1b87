import { randomUUID } from 'node:crypto'
import type { JsonObject, Resource, Tables } from './store.ts'
import { inputFor, stateOf } from './vm/vm.ts'

/** Something that the control plane does by itself. */
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
export function enqueueOwn(
  tables: Pick<Tables, 'operations' | 'audit'>,
  vm: Resource,
  { input = {}, ...deed }: OwnDeed,
  at: number,
): Promise<string> {
  const { host } = stateOf(vm)
  return enqueueOwnOf(tables, vm, { ...deed, host, input: { ...input, ...inputFor(vm) } }, at)
}

/** The same with something that is no VM. `host`: the one that it is done on; null: on none. */
export async function enqueueOwnOf(
  { operations, audit }: Pick<Tables, 'operations' | 'audit'>,
  row: Resource,
  { kind, action, input = {}, caller, host }: OwnDeed & { readonly host: string | null },
  at: number,
): Promise<string> {
  const { id: resourceId, subscriptionId, type } = row
  const id = randomUUID()
  const who = { principal: 'service', correlationId: randomUUID() }
  await operations.enqueue(
    {
      ...{ id, kind, resourceId, subscriptionId, ...who },
      ...{ location: row.location!, host, input },
    },
    at,
  )
  await audit.append({
    ...{ ...who, caller, operationId: id, resourceId, subscriptionId, at },
    ...{ action: `${type}/${action}`, from: '-', result: 'Accepted', status: 202 },
  })
  return id
}
