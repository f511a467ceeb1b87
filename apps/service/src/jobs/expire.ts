import { isOpen } from '@trusted-launch/posture'
import { ALERT, alertOf } from '../domain/alerts.ts'
import { DESTINATION, isEnabled } from '../domain/destinations.ts'
import { noteForgotten } from '../domain/events.ts'
import { everyOf } from '../domain/every-of.ts'
import { everyMachine } from '../domain/machines.ts'
import { expiredOf, RETENTION } from '../domain/retention.ts'
import type { Forgettable, Store, Tables } from '../domain/store.ts'
import { stateOf } from '../domain/vm/vm.ts'

const DAY_MS = 86_400_000
const OPERATIONS_KEPT_MS = 7 * DAY_MS
/** What they end with is for who asked alone, who has read it by then: what a guest wrote may be a secret. */
const COMMANDS_KEPT_MS = DAY_MS
/** Who has a token is let in somewhere: it is there as long as its caller needs to fetch it. */
const TOKENS_KEPT_MS = 10 * 60_000

/** Operations that ended a week ago go, commands' after a day, with what came of them. @returns how many. */
export async function forgetOperations({ operations }: Store, now: number): Promise<number> {
  const commands = await operations.forget(now - COMMANDS_KEPT_MS, 'vm.runCommand')
  return commands + (await operations.forget(now - OPERATIONS_KEPT_MS))
}

/** Tokens that were made ten minutes ago go, with their operations. @returns how many. */
export function forgetTokens({ operations }: Store, now: number): Promise<number> {
  return operations.forget(now - TOKENS_KEPT_MS, 'vm.token')
}

/**
 * Alerts of VMs that are gone, which somebody closed, go with their events: VMs that come and go would else leave them
 * for ever. @returns how many.
 */
export async function forgetAlerts(store: Store, now: number): Promise<number> {
  let count = 0
  for await (const row of everyOf(store, { type: ALERT })) {
    const alert = alertOf(row)
    const last = Math.max(alert.lastSeen, alert.change?.time ?? 0)
    if (isOpen(alert) || last > now - EVENTS_KEPT.alert.days * DAY_MS) continue
    const vm = await store.resources.get(row.parentId!)
    if (vm !== null && stateOf(vm).vmId === row.state.vmId) continue
    count += Number(await store.resources.delete(row.id))
  }
  return count
}

/** Of each subscription. Alerts' events wait so long for who is to be told; others are for who lost the thread. */
const EVENTS_KEPT = {
  alert: { days: 7, count: 100_000 },
  operation: { days: 1, count: 20_000 },
  vm: { days: 1, count: 20_000 },
} as const

/** Old events go, and those of a subscription that are too many. @returns how many of alerts some destination was not told of. */
export async function forgetEvents(store: Store, now: number): Promise<number> {
  let lost = 0
  for (const [of, { days, count }] of Object.entries(EVENTS_KEPT)) {
    const kind = of as keyof typeof EVENTS_KEPT
    for (const past of await store.events.toForget(kind, count, now - days * DAY_MS))
      lost += await store.transaction(async (tables) => {
        const missed = kind === 'alert' ? await passOver(tables, past) : 0
        await tables.events.forget(kind, past)
        await noteForgotten(tables, past)
        return missed
      })
  }
  return lost
}

/** What a destination was not told of by then it is not told of any more: that is counted. */
async function passOver(tables: Tables, { subscriptionId, until }: Forgettable): Promise<number> {
  let lost = 0
  for await (const row of everyOf(tables, { type: DESTINATION, subscriptionId })) {
    const delivery = await tables.deliveries.get(row.id)
    if (delivery === null || delivery.cursor >= until || !isEnabled(row)) continue
    const { cursor: after } = delivery
    const missed = await tables.events.count({ after, until, subscriptionId, kind: 'alert' })
    lost += missed
    await tables.deliveries.put({ ...delivery, cursor: until, lost: delivery.lost + missed })
  }
  return lost
}

/** Attestations that are past their time go, VM by VM. @returns how many. */
export async function expireAttestations(store: Store, now: number): Promise<number> {
  let count = 0
  for await (const vm of everyMachine(store)) {
    const gone = await expiredOf(store, vm, now, RETENTION)
    count += await store.attestations.delete(gone.map(({ id }) => id))
  }
  return count
}
