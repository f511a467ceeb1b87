import { randomUUID } from 'node:crypto'
import { keyOf } from '@trusted-launch/api'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import {
  type Alert,
  type AlertNews,
  type AlertSummary,
  isOpen,
  newsOf,
  type SuppressionRule,
  summaryOf,
  suppressing,
} from '@trusted-launch/posture'
import type { Forgettable, Json, JsonObject, Resource, Tables } from './store.ts'
import { rulesOf } from './suppressing.ts'
import type { Power } from './vm/vm.ts'

/** The value in which the number stands to which events were forgotten: of all, as a former program counted them. */
const FORGOTTEN = 'events/forgotten'

/** To which number events of a subscription were forgotten; 0: none was. */
export async function forgottenOf({ values }: Pick<Tables, 'values'>, subscriptionId: string) {
  const names = [FORGOTTEN, forgottenIn(subscriptionId)]
  const kept = await Promise.all(names.map((name) => values.get(name)))
  return Math.max(...kept.map((one) => (one === null ? 0 : Number(fromUtf8(one)))))
}

/** Who comes back to listen, and knows less than that, is told that it missed something. */
export async function noteForgotten(
  { values }: Pick<Tables, 'values'>,
  { subscriptionId, until }: Forgettable,
): Promise<void> {
  if (until > (await forgottenOf({ values }, subscriptionId)))
    await values.put(forgottenIn(subscriptionId), toUtf8(String(until)))
}

function forgottenIn(subscriptionId: string): string {
  return `${FORGOTTEN}/${keyOf(subscriptionId)}`
}

/** What an event says of an alert: nothing of the inside of the guest that not everybody may read. */
export interface AlertEventData {
  readonly what: AlertNews
  /** The last name of its id. */
  readonly name: string
  readonly alert: AlertSummary
  /** The rule that hides it: then no destination is told. */
  readonly suppressedBy: string | null
  /** Nothing happened: somebody tries whether it arrives. */
  readonly sample: boolean
}

/** That a rule kept the last news of an alert from being told. */
export interface Hidden {
  readonly by: string
  /** Whether the alert was open when somebody was last told of it. */
  readonly isKnownOpen: boolean
}

/** Null: what is to be told of an alert was. */
export function hiddenIn({ state }: Pick<Resource, 'state'>): Hidden | null {
  return (state.hidden ?? null) as unknown as Hidden | null
}

/** Whether a rule hid an alert since it was raised, so that nobody was told that it is open. */
export function isUntold(row: Pick<Resource, 'state'>): boolean {
  return hiddenIn(row)?.isKnownOpen === false
}

type AlertRow = Pick<Resource, 'id' | 'name' | 'subscriptionId' | 'state'>

/**
 * Enters what became of an alert, where it is any news. Part of the transaction that changes it.
 * @param row the alert's, as it is still.
 * @returns what is to be kept with the alert: whether a rule hides the news.
 */
export async function tellAlert(
  tables: Tables,
  row: AlertRow,
  before: Alert | null,
  after: Alert,
  at: number,
): Promise<Hidden | null> {
  const hidden = hiddenIn(row)
  const news = newsOf(before, after)
  if (news === null) return hidden
  // Whoever was never told of it is not told that it is another one now.
  const what = isUntold(row) && isOpen(after) ? 'raised' : news
  const rule = suppressing(after, await rulesOf(tables, row.subscriptionId), at)
  await enter(tables, row, what, after, rule?.name ?? null, at)
  if (rule === null) return null
  const isKnownOpen = hidden === null ? before !== null && isOpen(before) : hidden.isKnownOpen
  return { by: rule.name, isKnownOpen }
}

/**
 * Enters what a rule kept from being told, once none does any more: what is open, and what was closed of what was known
 * as open. Part of a transaction. @returns whether nothing is hidden any more; the row then says so no longer.
 */
export async function tellShown(
  tables: Tables,
  row: AlertRow,
  alert: Alert,
  rules: readonly SuppressionRule[],
  at: number,
): Promise<boolean> {
  const hidden = hiddenIn(row)
  if (hidden === null || suppressing(alert, rules, at) !== null) return false
  const { hidden: _, ...state } = row.state
  await tables.resources.update(row.id, { state }, at)
  if (isOpen(alert))
    await enter(tables, row, hidden.isKnownOpen ? 'changed' : 'raised', alert, null, at)
  else if (hidden.isKnownOpen) await enter(tables, row, 'closed', alert, null, at)
  return true
}

async function enter(
  tables: Tables,
  { id: resourceId, name, subscriptionId, state }: AlertRow,
  what: AlertNews,
  alert: Alert,
  suppressedBy: string | null,
  at: number,
): Promise<void> {
  const sample = state.sample === true
  const data: AlertEventData = { what, name, sample, alert: summaryOf(alert), suppressedBy }
  await tables.events.append({
    ...{ id: randomUUID(), at, kind: 'alert', subscriptionId, resourceId },
    data: data as unknown as JsonObject,
  })
}

/** Enters that a VM runs, stops, or is on its way. Part of the transaction that changes it. */
export async function tellPower(
  { events }: Tables,
  { id: resourceId, subscriptionId, name }: Resource,
  before: Power,
  after: Power,
  at: number,
): Promise<void> {
  if (before === after) return
  const data: Record<string, Json> = { name, power: after }
  await events.append({
    ...{ id: randomUUID(), at, kind: 'vm', subscriptionId, resourceId, data },
  })
}
