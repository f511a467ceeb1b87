import { createHash } from 'node:crypto'
import {
  type Alert,
  type AlertChange,
  type AlertDelta,
  type AlertRefusal,
  alertKey,
  changeAlert,
  clearAlerts,
  detect,
  isRefusal,
  type Observation,
} from '@trusted-launch/posture'
import { tellAlert } from './events.ts'
import { everyOf } from './every-of.ts'
import type { Json, Resource, Tables } from './store.ts'
import { setupOf } from './vm/setup.ts'
import { at, stateOf } from './vm/vm.ts'

/** Alerts are kept as resources of the group of their VM, each with its VM as parent; they outlive it. */
export const ALERT = 'Microsoft.Security/locations/alerts'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** What was seen of a VM; whose, when and as what it was configured is added. */
export type Seen = Without<Observation, 'vm' | 'time' | 'setup'>

/** The alert in its row. */
export function alertOf({ state }: Resource): Alert {
  return at(state, 'alert') as unknown as Alert
}

/** All alerts of a VM, closed ones too. One of the same name that was before it has its own. */
export async function alertRowsOf(tables: Tables, vm: Resource): Promise<Resource[]> {
  const { vmId } = stateOf(vm)
  const rows: Resource[] = []
  for await (const row of everyOf(tables, { type: ALERT, parentId: vm.id }))
    if (row.state.vmId === vmId) rows.push(row)
  return rows
}

/** Holds what was seen of a VM against its alerts, and keeps what becomes of them. Part of a transaction. */
export async function observe(
  tables: Tables,
  vm: Resource,
  seen: Seen,
  time: number,
): Promise<readonly AlertDelta[]> {
  const rows = await alertRowsOf(tables, vm)
  const observation = { ...seen, vm: vm.id, time, setup: await setupOf(tables, vm) } as Observation
  const deltas = detect(rows.map(alertOf), observation)
  const known = new Map(rows.map((row) => [alertKey(alertOf(row)), row]))
  for (const { alert } of deltas) {
    const row = known.get(alertKey(alert))
    if (row === undefined) await insert(tables, vm, alert, time)
    else await write(tables, row, alert, time)
  }
  return deltas
}

/** Does what somebody asks about an alert. Part of a transaction. */
export async function changeKeptAlert(
  tables: Tables,
  row: Resource,
  change: AlertChange,
): Promise<AlertRefusal | null> {
  const before = alertOf(row)
  const after = changeAlert(before, change)
  if (isRefusal(after)) return after
  if (after !== before) await write(tables, row, after, change.time)
  return null
}

/** Secure Boot is enabled again, through the API: what failed because it was off is resolved by that. */
export async function clearSecureBootOff(
  tables: Tables,
  vm: Resource,
  who: { readonly by: string; readonly request: string; readonly time: number },
): Promise<void> {
  const rows = await alertRowsOf(tables, vm)
  const byKey = new Map(rows.map((row) => [alertKey(alertOf(row)), row]))
  const cleared = clearAlerts(rows.map(alertOf), { kind: 'secure-boot-enabled' }, who)
  for (const alert of cleared) await write(tables, byKey.get(alertKey(alert))!, alert, who.time)
}

async function insert(tables: Tables, vm: Resource, alert: Alert, time: number): Promise<void> {
  const { id: parentId, subscriptionId, resourceGroup, location } = vm
  const { vmId } = stateOf(vm)
  const name = guidOf(`${vmId}/${alert.type}/${alert.cause}`)
  const scope = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
  const row = await tables.resources.insert(
    {
      id: `${scope}/providers/Microsoft.Security/locations/${location}/alerts/${name}`,
      ...{ type: ALERT, name, subscriptionId, resourceGroup, parentId, location },
      ...{ tags: {}, envelope: {}, properties: {}, provisioningState: 'Succeeded' },
      state: { vmId, alert: alert as unknown as Json },
      createdAt: time,
    },
    time,
  )
  await tellAlert(tables, row, null, alert, time)
}

async function write(tables: Tables, row: Resource, alert: Alert, time: number): Promise<void> {
  const state = { ...row.state, alert: alert as unknown as Json }
  await tables.resources.update(row.id, { state }, time)
  await tellAlert(tables, row, alertOf(row), alert, time)
}

/** A name that is always the same for the same cause. RFC 9562, version 8. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)]
  return `${a}-${b}-8${c}-a${d}-${hex.slice(20, 32)}`
}
