import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { alertKey } from '@trusted-launch/posture'
import { ALERT, alertOf } from './alerts.ts'
import { hiddenIn, isUntold, tellShown } from './events.ts'
import { everyOf } from './every-of.ts'
import { planOf } from './plans.ts'
import { type Responded, respond } from './responses.ts'
import type { Json, Resource, Store, Tables } from './store.ts'
import { ruleOf, rulesOf, SUPPRESSION_RULE } from './suppressing.ts'
import { stateOf } from './vm/vm.ts'

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

/**
 * Tells of alerts that a rule hid which ran out, was changed or is gone, and does what plans want done about those that
 * nobody knew of. @returns how many are not hidden any more.
 */
export async function tellNoLongerHidden(store: Store, now: number): Promise<number> {
  await noteExpired(store, now)
  let count = 0
  for (const [subscriptionId, at] of Object.entries((await endedIn(store.values)).subscriptions)) {
    for (const ids of await hiddenByVm(store, subscriptionId))
      count += await tell(store, subscriptionId, ids, now)
    await store.transaction(async ({ values }) => {
      const { subscriptions, ...more } = await endedIn(values)
      const { [subscriptionId]: since, ...others } = subscriptions
      // Another rule ended meanwhile: it is looked again.
      if (since === at) await put(values, { ...more, subscriptions: others })
    })
  }
  return count
}

/** The ids of alerts of which a rule kept something from being told, those of each VM together. */
async function hiddenByVm(store: Store, subscriptionId: string): Promise<Iterable<string[]>> {
  const hidden = new Map<string, string[]>()
  for await (const row of everyOf(store, { type: ALERT, subscriptionId })) {
    if (hiddenIn(row) === null) continue
    const ids = hidden.get(row.parentId!) ?? []
    hidden.set(row.parentId!, ids)
    ids.push(row.id)
  }
  return hidden.values()
}

function tell(
  store: Store,
  subscriptionId: string,
  ids: readonly string[],
  now: number,
): Promise<number> {
  return store.transaction(async (tables) => {
    const rules = await rulesOf(tables, subscriptionId)
    const rows: Resource[] = []
    for (const id of ids) {
      const row = await tables.resources.get(id)
      if (row !== null) rows.push(row)
    }
    const done = await respondToUntold(tables, rows.filter(isUntold), now)
    let count = 0
    for (const row of rows) {
      const alert = alertOf(row)
      const responded = done.get(alertKey(alert))
      const state = {
        ...row.state,
        ...(responded !== undefined && { responded: jsonOf(responded) }),
      }
      if (await tellShown(tables, { ...row, state }, alert, rules, now)) count++
    }
    return count
  })
}

/** What the plan of a VM wants done about alerts of it that nobody was told of is done when somebody is. */
async function respondToUntold(
  tables: Tables,
  rows: readonly Resource[],
  now: number,
): Promise<ReadonlyMap<string, Responded>> {
  const vm = rows.length === 0 ? null : await tables.resources.get(rows[0]!.parentId!)
  // A sample is of no VM; one of the same name that was made after it did nothing.
  const own = rows.filter(({ state }) => vm !== null && state.vmId === stateOf(vm).vmId)
  if (vm === null || own.length === 0) return new Map()
  const deltas = own.map((row) => ({ what: 'raised', alert: alertOf(row) }) as const)
  return respond(tables, vm, deltas, await planOf(tables, vm), now)
}

function jsonOf(responded: Responded): Json {
  return responded as unknown as Json
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
