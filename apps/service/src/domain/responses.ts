import {
  type Alert,
  type AlertDelta,
  alertKey,
  type EffectivePlan,
  isOpen,
  type Response,
  responseTo,
} from '@trusted-launch/posture'
import { enqueueOwn, type OwnDeed } from './own-operation.ts'
import type { Resource, Tables } from './store.ts'
import { rulesOf } from './suppressing.ts'
import { stateOf } from './vm/vm.ts'

const PLAN_CALLER = 'monitoring plan '

/** What was done about an alert, beside telling of it: it is kept with it. */
export interface Responded {
  readonly response: Exclude<Response, 'tell'>
  /** The name of the plan that wants it. */
  readonly plan: string
  /** The id of the operation that does it. */
  readonly operation: string
  /** Milliseconds since 1970. */
  readonly time: number
}

/** The response in an alert's row; null: it was only told. */
export function respondedIn({ state }: Pick<Resource, 'state'>): Responded | null {
  return (state.responded ?? null) as unknown as Responded | null
}

/**
 * Enqueues what a VM's plan wants done about what became of its alerts: one operation, the gravest. In the
 * transaction that changes the alerts, so that it is done once, whoever is killed in between.
 * @returns what was done, by the key of each alert that it is done for.
 */
export async function respond(
  tables: Tables,
  vm: Resource,
  deltas: readonly AlertDelta[],
  plan: EffectivePlan,
  time: number,
): Promise<ReadonlyMap<string, Responded>> {
  if (plan.failures.length === 0) return new Map()
  const rules = await rulesOf(tables, vm.subscriptionId)
  const wanted = deltas.flatMap((delta) => {
    const { value: response, from } = responseTo(delta, plan, rules, time)
    return response === 'tell' ? [] : [{ key: alertKey(delta.alert), response, plan: from! }]
  })
  const gravest = wanted.find(({ response }) => response === 'stop') ?? wanted[0]
  if (gravest === undefined) return new Map()
  const caller = `${PLAN_CALLER}${gravest.plan}`
  const operation = await enqueueOwn(tables, vm, deedOf(gravest.response, caller), time)
  return new Map(
    wanted.map(({ key, plan }) => [key, { response: gravest.response, plan, operation, time }]),
  )
}

/** A guest that may not be what it was is not asked to power off. */
function deedOf(response: Responded['response'], caller: string): OwnDeed {
  if (response === 'stop')
    return {
      kind: 'vm.powerOff',
      action: 'powerOff/action',
      input: { skipShutdown: true },
      caller,
    }
  return isolation(true, caller, caller)
}

/** Takes a VM's network away, or gives it back. */
export function isolation(isolated: boolean, by: string, caller: string): OwnDeed {
  const [kind, action] = isolated
    ? ['vm.isolate', 'isolate/action']
    : ['vm.connect', 'connect/action']
  return { kind, action, input: { by }, caller }
}

/**
 * An alert was closed, and for it the VM's network had been taken away: it is given back, when no other alert of the
 * VM that is open had it taken away, and nobody else did.
 * @param others all alerts of the VM, in their rows.
 */
export async function connectAgain(
  tables: Tables,
  vm: Resource,
  { plan }: Responded,
  others: readonly { readonly alert: Alert; readonly row: Resource }[],
  time: number,
): Promise<void> {
  const isKept = ({ alert, row }: { alert: Alert; row: Resource }) =>
    isOpen(alert) && respondedIn(row)?.response === 'isolate'
  if (others.some(isKept)) return
  const open = { resourceId: vm.id, unfinished: true, kind: 'vm.isolate', limit: 1 }
  const isUnderWay = (await tables.operations.list(open)).length > 0
  const isByPlan = stateOf(vm).isolated?.by.startsWith(PLAN_CALLER) === true
  if (!isUnderWay && !isByPlan) return
  const caller = `${PLAN_CALLER}${plan}`
  await enqueueOwn(tables, vm, isolation(false, caller, caller), time)
}
