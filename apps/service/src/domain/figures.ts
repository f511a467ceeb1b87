import { ALERT } from './alerts.ts'
import { DESTINATION, isEnabled } from './destinations.ts'
import { everyOf } from './every-of.ts'
import { type LeftoverCount, leftoversOf } from './leftovers.ts'
import type { Figures, Store } from './store.ts'
import { VM } from './vm/vm.ts'

/** What the service is watched by. */
export interface Watching extends Figures {
  readonly virtualMachines: number
  readonly unfinishedOperations: number
  readonly outbox: Outbox
  /** Files on the host that no record names. */
  readonly leftovers: LeftoverCount
}

/** How far destinations of alerts are behind, all together. */
export interface Outbox {
  readonly destinations: number
  /** Of those, whose last try failed. */
  readonly failing: number
  readonly waiting: number
  /** When the oldest of what waits happened; null: nothing waits. */
  readonly since: number | null
  readonly deadLetters: number
  readonly lost: number
}

/** All of it, as it is now. */
export async function watchingOf(store: Store, now: number, host: string): Promise<Watching> {
  const figures = await store.figures({ vm: VM, alert: ALERT }, now)
  const virtualMachines = figures.verdicts.reduce((sum, { count }) => sum + count, 0)
  const unfinishedOperations = await store.operations.countUnfinished()
  const leftovers = await leftoversOf(store, host)
  const outbox = await outboxOf(store)
  return { ...figures, virtualMachines, unfinishedOperations, outbox, leftovers }
}

async function outboxOf(store: Store): Promise<Outbox> {
  let all: Outbox = {
    ...{ destinations: 0, failing: 0, waiting: 0, since: null, deadLetters: 0, lost: 0 },
  }
  for await (const row of everyOf(store, { type: DESTINATION })) {
    const delivery = await store.deliveries.get(row.id)
    if (delivery === null) continue
    const of = {
      after: delivery.cursor,
      subscriptionId: row.subscriptionId,
      kind: 'alert',
    } as const
    const [next] = isEnabled(row) ? await store.events.list({ ...of, limit: 1 }) : []
    const since = Math.min(all.since ?? Infinity, next?.at ?? Infinity)
    all = {
      destinations: all.destinations + 1,
      failing: all.failing + (delivery.error === null ? 0 : 1),
      waiting: all.waiting + (next === undefined ? 0 : await store.events.count(of)),
      since: since === Infinity ? null : since,
      deadLetters: all.deadLetters + (await store.deliveries.countLetters(row.id)),
      lost: all.lost + delivery.lost,
    }
  }
  return all
}
