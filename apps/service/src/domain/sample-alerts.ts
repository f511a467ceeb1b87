import { ALERT_KINDS, type Alert, type AlertType, alertKindOf } from '@trusted-launch/posture'
import { ALERT, alertOf } from './alerts.ts'
import { tellAlert } from './events.ts'
import { guidOf } from './guid-of.ts'
import type { Json, Resource, Tables } from './store.ts'

/** Of no VM: nothing happened to any. */
const VM_PATH = 'resourceGroups/Sample-RG/providers/Microsoft.Compute/virtualMachines/Sample-VM'
const NO_VM = '00000000-0000-0000-0000-000000000000'

/** Whether an alert is one that somebody asked for, to see what one looks like and whether it arrives. */
export function isSample({ state }: Pick<Resource, 'state'>): boolean {
  return state.sample === true
}

/**
 * One marked alert of each kind, at the subscription itself; asked for again, the same are open again. They count for
 * no VM, and nothing is done about them, but who is told of alerts is told of them. Part of a transaction.
 */
export async function simulateAlerts(
  tables: Tables,
  { id: parentId, subscriptionId }: Resource,
  location: string,
  time: number,
): Promise<void> {
  for (const type of Object.keys(ALERT_KINDS) as AlertType[]) {
    const name = guidOf(`sample/${subscriptionId}/${location}/${type}`)
    const id = `${parentId}/providers/Microsoft.Security/locations/${location}/alerts/${name}`
    const before = await tables.resources.get(id)
    const alert = sampleOf(type, `${parentId}/${VM_PATH}`, time, before)
    const state = { vmId: NO_VM, sample: true, alert: alert as unknown as Json }
    const row =
      before === null
        ? await tables.resources.insert(
            {
              ...{ id, type: ALERT, name, subscriptionId, parentId, location, state },
              ...{ resourceGroup: null, tags: {}, envelope: {}, properties: {} },
              ...{ provisioningState: 'Succeeded', createdAt: time },
            },
            time,
          )
        : await tables.resources.update(id, { state }, time)
    await tellAlert(tables, row, null, alert, time)
  }
}

function sampleOf(type: AlertType, vm: string, time: number, before: Resource | null): Alert {
  const { severity, causes } = alertKindOf(type)
  const known = before === null ? null : alertOf(before)
  return {
    ...{ type, vm, severity, state: 'Active', cause: Object.keys(causes)[0] ?? 'sample' },
    summary: 'THIS IS A SAMPLE ALERT: nothing happened.',
    ...{ findings: [], fields: [], evidence: null, isPresent: false, dismissed: [], change: null },
    ...{ firstSeen: known?.firstSeen ?? time, lastSeen: time, count: (known?.count ?? 0) + 1 },
  }
}
