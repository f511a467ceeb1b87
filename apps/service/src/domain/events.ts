import { randomUUID } from 'node:crypto'
import {
  type Alert,
  type AlertNews,
  type AlertSummary,
  newsOf,
  summaryOf,
  suppressing,
} from '@trusted-launch/posture'
import type { Json, JsonObject, Resource, Tables } from './store.ts'
import { rulesOf } from './suppressing.ts'
import type { Power } from './vm/vm.ts'

/** The value in which the number stands to which events were forgotten. */
export const FORGOTTEN = 'events/forgotten'

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

/** Enters what became of an alert, where it is any news. Part of the transaction that changes it. */
export async function tellAlert(
  tables: Tables,
  row: Pick<Resource, 'id' | 'name' | 'subscriptionId' | 'state'>,
  before: Alert | null,
  after: Alert,
  at: number,
): Promise<void> {
  const what = newsOf(before, after)
  if (what === null) return
  const { id: resourceId, name, subscriptionId } = row
  const rule = suppressing(after, await rulesOf(tables, subscriptionId), at)
  const sample = row.state.sample === true
  const data: AlertEventData = {
    ...{ what, name, sample, alert: summaryOf(after), suppressedBy: rule?.name ?? null },
  }
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
