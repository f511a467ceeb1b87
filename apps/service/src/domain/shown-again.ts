import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { ALERT, alertOf } from './alerts.ts'
import { hiddenIn, tellShown } from './events.ts'
import { everyOf } from './every-of.ts'
import type { Resource, Store, Tables } from './store.ts'
import { ruleOf, rulesOf, SUPPRESSION_RULE } from './suppressing.ts'

/** Rules that hide less than they did, in one value. */
const ENDED = 'suppression/ended'

interface Ended {
  /** Rules that ran out by then were looked at. Milliseconds since 1970. */
  readonly upTo: number
  /** Subscriptions whose alerts are still to be looked at, each with when it was entered. */
  readonly subscriptions: Readonly<Record<string, number>>
}

/** A rule was changed or is gone: what only it hid is to be told. Part of the transaction that does so. */
export async function noteRuleEnded(
  { values }: Pick<Tables, 'values'>,
  subscriptionId: string,
  now: number,
): Promise<void> {
  const ended = await endedIn(values)
  const subscriptions = { ...ended.subscriptions, [subscriptionId]: now }
  await put(values, { ...ended, subscriptions })
}

/** Tells of alerts that a rule hid which ran out, was changed or is gone. @returns how many are not hidden any more. */
export async function tellNoLongerHidden(store: Store, now: number): Promise<number> {
  await noteExpired(store, now)
  let count = 0
  for (const [subscriptionId, at] of Object.entries((await endedIn(store.values)).subscriptions)) {
    for await (const row of everyOf(store, { type: ALERT, subscriptionId }))
      if (hiddenIn(row) !== null && (await tell(store, row, now))) count++
    await store.transaction(async ({ values }) => {
      const { subscriptions, ...more } = await endedIn(values)
      const { [subscriptionId]: since, ...others } = subscriptions
      // Another rule ended meanwhile: it is looked again.
      if (since === at) await put(values, { ...more, subscriptions: others })
    })
  }
  return count
}

function tell(store: Store, { id, subscriptionId }: Resource, now: number): Promise<boolean> {
  return store.transaction(async (tables) => {
    const row = await tables.resources.get(id)
    if (row === null) return false
    return tellShown(tables, row, alertOf(row), await rulesOf(tables, subscriptionId), now)
  })
}

/** Nobody does anything when a rule runs out. */
async function noteExpired(store: Store, now: number): Promise<void> {
  const { upTo } = await endedIn(store.values)
  const expired = new Set<string>()
  for await (const row of everyOf(store, { type: SUPPRESSION_RULE })) {
    const { expires } = ruleOf(row)
    if (expires !== null && expires > upTo && expires <= now) expired.add(row.subscriptionId)
  }
  if (expired.size === 0) return
  await store.transaction(async ({ values }) => {
    for (const one of expired) await noteRuleEnded({ values }, one, now)
    await put(values, { ...(await endedIn(values)), upTo: now })
  })
}

async function endedIn(values: Tables['values']): Promise<Ended> {
  const kept = await values.get(ENDED)
  return kept === null ? { upTo: 0, subscriptions: {} } : JSON.parse(fromUtf8(kept))
}

function put(values: Tables['values'], ended: Ended): Promise<void> {
  return values.put(ENDED, toUtf8(JSON.stringify(ended)))
}
