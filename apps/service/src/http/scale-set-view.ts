import { rollingPolicyOf } from '../domain/scale-set/rolling-policy.ts'
import { progressOf } from '../domain/scale-set/rolling-upgrade.ts'
import {
  capacityOf,
  INSTANCE,
  instanceIdOf,
  isFlexible,
  isLatest,
  modelOf,
  type ScaleSet,
} from '../domain/scale-set/scale-set.ts'
import type { JsonObject, Operation, Resource, Tables } from '../domain/store.ts'
import { stateOf, textAt } from '../domain/vm/vm.ts'
import { extensionViews } from './extension-view.ts'
import { instanceViewOf, notEnforcedView, noticeView, statusView, vmProperties } from './vm-view.ts'

/** A set's properties as clients see them. */
export function scaleSetProperties(row: Resource, set: ScaleSet): JsonObject {
  const { uniqueId } = set.state
  const { provisioningState, createdAt } = row
  const timeCreated = new Date(createdAt).toISOString()
  return { ...set.properties, provisioningState, uniqueId, timeCreated }
}

/** An instance as clients of sets see it; of a Flexible set it is a VM, and says which. */
export async function instanceBody(
  there: Pick<Tables, 'resources'>,
  set: ScaleSet,
  instance: Resource,
  {
    apiVersion,
    query,
  }: { readonly apiVersion: string; readonly query: Readonly<Record<string, string>> },
): Promise<JsonObject> {
  const { name, location, tags, envelope } = instance
  const instanceId = instanceIdOf(instance)
  const id = isFlexible(set) ? `${set.id}/virtualMachines/${instanceId}` : instance.id
  const isExpanded = /instanceView/i.test(query.$expand ?? '')
  return {
    ...{ id, name, type: INSTANCE, location: location!, instanceId, ...envelope },
    ...(Object.keys(tags).length > 0 && { tags: { ...tags } }),
    sku: { name: textAt(instance.properties, 'hardwareProfile', 'vmSize'), tier: 'Standard' },
    properties: {
      ...vmProperties(instance, apiVersion, query.$expand),
      latestModelApplied: isLatest(set, instance),
      modelDefinitionApplied: 'VirtualMachineScaleSet',
      ...(isFlexible(set) && { virtualMachineResourceId: instance.id }),
      ...(isExpanded && { instanceView: await instanceViewOfInstance(there, instance) }),
    },
  }
}

/** What is so of an instance now. */
export async function instanceViewOfInstance(
  there: Pick<Tables, 'resources'>,
  instance: Resource,
): Promise<JsonObject> {
  const { failure, power, scaleSet } = stateOf(instance)
  const isWell = failure === null && power === 'running'
  const time = new Date(instance.changedAt).toISOString()
  return {
    ...instanceViewOf(instance, await extensionViews(there, instance)),
    ...{ platformUpdateDomain: 0, platformFaultDomain: scaleSet?.faultDomain ?? 0 },
    vmHealth: {
      status: statusView(
        `HealthState/${isWell ? 'healthy' : 'unhealthy'}`,
        'Info',
        isWell ? 'The VM came up' : (failure?.message ?? `It is ${power}`),
        time,
      ),
    },
  }
}

/** How many instances are in which state; notices of the set itself. */
export function scaleSetInstanceView(
  row: Resource,
  set: ScaleSet,
  instances: readonly Resource[],
): JsonObject {
  const codes = instances.flatMap((one) => [
    `ProvisioningState/${one.provisioningState.toLowerCase()}`,
    `PowerState/${stateOf(one).power}`,
  ])
  const counts = [...Map.groupBy(codes, (code) => code)].sort(([a], [b]) => (a < b ? -1 : 1))
  const time = new Date(row.changedAt).toISOString()
  const state = row.provisioningState
  const { notices, notEnforced } = set.state
  return {
    virtualMachine: { statusesSummary: counts.map(([code, all]) => ({ code, count: all.length })) },
    extensions: [],
    orchestrationServices: [],
    statuses: [
      statusView(
        `ProvisioningState/${state.toLowerCase()}`,
        state === 'Failed' ? 'Error' : 'Info',
        `Provisioning ${state.toLowerCase()}`,
        time,
      ),
      ...notices.map((notice) => noticeView(notice, time)),
      ...(notEnforced.length === 0 ? [] : [notEnforcedView(notEnforced, time)]),
    ],
  }
}

/** The sizes that a set could have: its own, and how many. */
export function scaleSetSkus(set: ScaleSet): JsonObject[] {
  if (modelOf(set) === null) return []
  return [
    {
      resourceType: 'Microsoft.Compute/virtualMachineScaleSets',
      sku: { name: textAt(set.envelope, 'sku', 'name'), tier: 'Standard' },
      capacity: {
        minimum: 0,
        maximum: 1000,
        defaultCapacity: capacityOf(set),
        scaleType: 'Automatic',
      },
    },
  ]
}

const STATUS: Readonly<Record<Operation['status'], string>> = {
  Accepted: 'RollingForward',
  Running: 'RollingForward',
  Succeeded: 'Completed',
  Failed: 'Faulted',
  Canceled: 'Cancelled',
}

/** `rollingUpgrades/latest` of a set that had one. */
export function rollingView(
  set: ScaleSet,
  instances: readonly Resource[],
  operation: Operation,
): JsonObject {
  const { pauseMs, ...policy } = rollingPolicyOf(set)
  const { done, failed, running, pending } = progressOf(set, instances)
  const { error, status, createdAt, endedAt } = operation
  const [startTime, lastActionTime] = [
    createdAt,
    endedAt ?? (set.state.rolling?.batchAt || createdAt),
  ].map((time) => new Date(time).toISOString())
  return {
    ...{ id: `${set.id}/rollingUpgrades/latest`, name: 'latest', location: set.location! },
    type: 'Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades',
    properties: {
      policy: { ...policy, pauseTimeBetweenBatches: `PT${pauseMs / 1000}S` },
      runningStatus: {
        code: STATUS[status],
        startTime: startTime!,
        lastAction: status === 'Canceled' ? 'Cancel' : 'Start',
        lastActionTime: lastActionTime!,
      },
      progress: {
        successfulInstanceCount: done.length,
        failedInstanceCount: failed.length,
        inProgressInstanceCount: running.length,
        pendingInstanceCount: pending.length,
      },
      ...(error !== null && { error: { code: error.code, message: error.message } }),
    },
  }
}
