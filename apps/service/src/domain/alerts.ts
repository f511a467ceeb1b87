import {
  type Alert,
  type AlertChange,
  type AlertDelta,
  type AlertRefusal,
  alertKey,
  changeAlert,
  clearAlerts,
  detect,
  type EffectivePlan,
  isOpen,
  isRefusal,
  meaningByPlan,
  newsOf,
  type Observation,
  type Undone,
} from '@trusted-launch/posture'
import { type Hidden, isUntold, tellAlert } from './events.ts'
import { everyOf } from './every-of.ts'
import { guidOf } from './guid-of.ts'
import { planOf } from './plans.ts'
import { connectAgain, type Responded, respond, respondedIn } from './responses.ts'
import type { Json, JsonObject, Resource, Tables } from './store.ts'
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

/** What is known of an observation beside what was seen. */
export interface SeenIn {
  /** The attestation that shows it. */
  readonly attestation?: string
  /** Alerts (`TYPE/CAUSE`) that are not raised now, whatever is seen. */
  readonly awaited?: ReadonlySet<string>
}

/** Holds what was seen of a VM against its alerts, and keeps what becomes of them. Part of a transaction. */
export async function observe(
  tables: Tables,
  vm: Resource,
  seen: Seen,
  time: number,
  { attestation, awaited }: SeenIn = {},
): Promise<readonly AlertDelta[]> {
  const rows = await alertRowsOf(tables, vm)
  const observation = { ...seen, vm: vm.id, time, setup: await setupOf(tables, vm) } as Observation
  const isAwaited = ({ what, alert: { type, cause } }: AlertDelta) =>
    (what === 'raised' || what === 'again') && awaited?.has(`${type}/${cause}`) === true
  const found = detect(rows.map(alertOf), observation).filter((delta) => !isAwaited(delta))
  if (found.length === 0) return []
  const plan = await planOf(tables, vm)
  const deltas = found.map((delta) => weighed(delta, plan))
  const known = new Map(rows.map((row) => [alertKey(alertOf(row)), row]))
  const told = deltas.map((delta) => asTold(delta, known.get(alertKey(delta.alert))))
  const done = await respond(tables, vm, told, plan, time)
  for (const delta of deltas) {
    const { alert } = delta
    const row = known.get(alertKey(alert))
    const more = { ...respondedTo(done, alert), ...shownBy(delta, row, attestation) }
    if (row === undefined) await insert(tables, vm, alert, time, more)
    else await write(tables, row, alert, time, more)
  }
  return deltas
}

/** What a rule hid until now is new to whoever is told of it, and nothing was done about it. */
function asTold(delta: AlertDelta, row: Resource | undefined): AlertDelta {
  if (row === undefined || !isUntold(row) || newsOf(alertOf(row), delta.alert) === null)
    return delta
  return { ...delta, what: 'raised' }
}

function respondedTo(done: ReadonlyMap<string, Responded>, alert: Alert): JsonObject {
  const responded = done.get(alertKey(alert))
  return responded === undefined ? {} : { responded: responded as unknown as Json }
}

/** The attestations that show an alert since it is open: the first of them, and the last. */
export interface Shown {
  readonly first: string
  readonly last: string
}

/** Null: no attestation shows it, or it was told before they were kept. */
export function shownIn(row: Resource | undefined): Shown | null {
  return (row?.state.shown ?? null) as unknown as Shown | null
}

function shownBy(
  { what }: AlertDelta,
  row: Resource | undefined,
  attestation: string | undefined,
): JsonObject {
  if (attestation === undefined || what === 'gone' || what === 'answered') return {}
  const before = what === 'seen' ? shownIn(row) : null
  return { shown: { first: before?.first ?? attestation, last: attestation } }
}

/** The attestations that show open alerts of a VM: whoever looks after them needs them. */
export async function shownByAlerts(tables: Tables, vm: Resource): Promise<string[]> {
  const open = (await alertRowsOf(tables, vm)).filter((row) => isOpen(alertOf(row)))
  return [...new Set(open.flatMap((row) => Object.values(shownIn(row) ?? {})))]
}

/** How bad it is says the plan, where it does. */
function weighed(delta: AlertDelta, plan: EffectivePlan): AlertDelta {
  if (delta.what === 'gone' || delta.what === 'answered') return delta
  const { severity } = meaningByPlan(plan, delta.alert).value
  return { ...delta, alert: { ...delta.alert, severity } }
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

/** Something that somebody did takes the cause of failures away: they are resolved by that. @returns how many. */
export async function clearUndone(
  tables: Tables,
  vm: Resource,
  undone: Undone,
  who: { readonly by: string; readonly request: string; readonly time: number },
): Promise<number> {
  const rows = await alertRowsOf(tables, vm)
  const byKey = new Map(rows.map((row) => [alertKey(alertOf(row)), row]))
  const cleared = clearAlerts(rows.map(alertOf), undone, who)
  for (const alert of cleared) await write(tables, byKey.get(alertKey(alert))!, alert, who.time)
  return cleared.length
}

async function insert(
  tables: Tables,
  vm: Resource,
  alert: Alert,
  time: number,
  more: JsonObject,
): Promise<void> {
  const { id: parentId, subscriptionId, resourceGroup, location } = vm
  const { vmId } = stateOf(vm)
  const name = guidOf(`${vmId}/${alert.type}/${alert.cause}`)
  const scope = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
  const id = `${scope}/providers/Microsoft.Security/locations/${location}/alerts/${name}`
  const row = { id, name, subscriptionId, state: { vmId, ...more } }
  const hidden = await tellAlert(tables, row, null, alert, time)
  await tables.resources.insert(
    {
      ...{ ...row, type: ALERT, resourceGroup, parentId, location },
      ...{ tags: {}, envelope: {}, properties: {}, provisioningState: 'Succeeded' },
      state: stateWith(row.state, alert, hidden),
      createdAt: time,
    },
    time,
  )
}

async function write(
  tables: Tables,
  row: Resource,
  alert: Alert,
  time: number,
  more: JsonObject = {},
): Promise<void> {
  const before = alertOf(row)
  const hidden = await tellAlert(tables, row, before, alert, time)
  const state = stateWith({ ...row.state, ...more }, alert, hidden)
  await tables.resources.update(row.id, { state }, time)
  const done = respondedIn(row)
  if (isOpen(before) && !isOpen(alert) && done?.response === 'isolate')
    await reconnect(tables, row, done, time)
}

function stateWith({ hidden: _, ...state }: JsonObject, alert: Alert, hidden: Hidden | null) {
  const told = hidden === null ? {} : { hidden: hidden as unknown as Json }
  return { ...state, ...told, alert: alert as unknown as Json }
}

/** What an alert had taken away of its VM is given back; one of the same name that was made after it lost nothing. */
async function reconnect(
  tables: Tables,
  { parentId, state }: Resource,
  done: Responded,
  time: number,
): Promise<void> {
  const vm = await tables.resources.get(parentId!)
  if (vm === null || stateOf(vm).vmId !== state.vmId) return
  const others = (await alertRowsOf(tables, vm)).map((row) => ({ alert: alertOf(row), row }))
  await connectAgain(tables, vm, done, others, time)
}
