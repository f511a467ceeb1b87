import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { DESTINATION, isEnabled } from '../domain/destinations.ts'
import { FORGOTTEN } from '../domain/events.ts'
import { everyOf } from '../domain/every-of.ts'
import { everyMachine } from '../domain/machines.ts'
import { RETENTION, retentionAt } from '../domain/retention.ts'
import type { Store, Tables } from '../domain/store.ts'
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

/** Alerts' events wait so long for who is to be told; others are for who lost the thread. */
const EVENTS_KEPT = {
  alert: { days: 7, count: 100_000 },
  operation: { days: 1, count: 20_000 },
  vm: { days: 1, count: 20_000 },
} as const

/** Old events go, and those that are too many. @returns how many of alerts some destination was not told of. */
export async function forgetEvents(store: Store, now: number): Promise<number> {
  let lost = 0
  for (const [kind, { days, count }] of Object.entries(EVENTS_KEPT)) {
    lost += await store.transaction(async (tables) => {
      const of = kind as keyof typeof EVENTS_KEPT
      const until = await tables.events.lastToForget(of, count, now - days * DAY_MS)
      if (until === 0) return 0
      const missed = of === 'alert' ? await passOver(tables, until) : 0
      await tables.events.forget(of, until)
      await noteForgotten(tables, until)
      return missed
    })
  }
  return lost
}

/** Who comes back to listen, and knows less than that, is told that it missed something. */
async function noteForgotten({ values }: Tables, until: number): Promise<void> {
  const before = await values.get(FORGOTTEN)
  const known = before === null ? 0 : Number(fromUtf8(before))
  if (until > known) await values.put(FORGOTTEN, toUtf8(String(until)))
}

/** What a destination was not told of by then it is not told of any more: that is counted. */
async function passOver(tables: Tables, until: number): Promise<number> {
  let lost = 0
  for await (const row of everyOf(tables, { type: DESTINATION })) {
    const delivery = await tables.deliveries.get(row.id)
    if (delivery === null || delivery.cursor >= until || !isEnabled(row)) continue
    const { cursor: after } = delivery
    const query = { after, until, subscriptionId: row.subscriptionId, kind: 'alert' } as const
    const missed = await tables.events.count(query)
    lost += missed
    await tables.deliveries.put({ ...delivery, cursor: until, lost: delivery.lost + missed })
  }
  return lost
}

/** Attestations that are past their time go, VM by VM. @returns how many. */
export async function expireAttestations(store: Store, now: number): Promise<number> {
  const retention = retentionAt(now, RETENTION)
  let count = 0
  const { attestations } = store
  for await (const vm of everyMachine(store)) {
    const gone = await attestations.expired(stateOf(vm).vmId, retention)
    count += await attestations.delete(gone.map(({ id }) => id))
  }
  return count
}
