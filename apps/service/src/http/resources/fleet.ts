import { ArmError, faults, type Integrity, keyOf, type MachineRow } from '@trusted-launch/api'
import { everyOf } from '../../domain/every-of.ts'
import { SUBSCRIPTION } from '../../domain/groups.ts'
import { DRIFT, driftIn, driftsOf } from '../../domain/references/drift.ts'
import type { Resource, Store } from '../../domain/store.ts'
import { securityOf, stateOf, VM } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import { PAGE_OF_SHORT_MAX, pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requireScopeOf } from './reference-values.ts'

const IDS_MAX = 50

/**
 * All VMs of a subscription, each in a line: for who looks at many at once. With `ids`, those alone, and of them those
 * that are there: for who was told that something changed.
 */
export function fleetRoutes(ground: Ground): Route[] {
  return [
    {
      method: 'GET',
      path: '/:scope/providers/TrustedLaunch/fleet',
      action: 'Microsoft.Compute/virtualMachines/read',
      handle: (request) => list(ground, request),
    },
  ]
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { type, subscriptionId } = await requireScopeOf(store, request)
  if (type !== SUBSCRIPTION) throw new ArmError(faults.resourceNotFound(request.id))
  if (request.query.ids !== undefined) return named(store, subscriptionId, request.query.ids)
  const drifting = await driftingIn(store, subscriptionId)
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({ type: VM, subscriptionId, limit, ...(after !== null && { after }) }),
    (vm) => rowOf(vm, drifting.has(stateOf(vm).vmId)),
    undefined,
    PAGE_OF_SHORT_MAX,
  )
}

/** @throws {ArmError} 400: too many. */
async function named(store: Store, subscriptionId: string, text: string): Promise<ArmReply> {
  const ids = text.split(',')
  if (ids.length > IDS_MAX) throw new ArmError(faults.invalidParameter('ids'))
  const value: MachineRow[] = []
  for (const id of ids) {
    const vm = await store.resources.get(id)
    if (vm?.type !== VM || keyOf(vm.subscriptionId) !== keyOf(subscriptionId)) continue
    value.push(rowOf(vm, (await driftsOf(store, vm)).some(isUndecided)))
  }
  return { status: 200, body: { value } }
}

function isUndecided(row: Resource): boolean {
  const { status, isPresent } = driftIn(row)
  return status === 'pending' && isPresent
}

/** The VMs about whose difference nobody decided yet. */
async function driftingIn(store: Store, subscriptionId: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for await (const row of everyOf(store, { type: DRIFT, subscriptionId }))
    if (isUndecided(row)) found.add(driftIn(row).vmId)
  return found
}

function rowOf(vm: Resource, isDrifting: boolean): MachineRow {
  const { id, name, resourceGroup, provisioningState, tags, properties } = vm
  const { isTrustedLaunch, secureBoot, vTpm } = securityOf(vm)
  const { hardwareProfile, storageProfile } = properties as any
  return {
    ...{ id, name, resourceGroup: resourceGroup!, provisioningState, tags },
    size: String(hardwareProfile?.vmSize ?? ''),
    system: String(storageProfile?.osDisk?.osType ?? 'Linux'),
    power: stateOf(vm).power,
    securityType: isTrustedLaunch ? 'TrustedLaunch' : 'Standard',
    ...{ secureBoot, vTpm },
    integrity: integrityOf(vm, isDrifting),
  }
}

function integrityOf(vm: Resource, isDrifting: boolean): Integrity {
  const { integrity, silentSince } = stateOf(vm)
  if (!securityOf(vm).vTpm) return 'unproven'
  if (silentSince != null) return 'silent'
  if (isDrifting) return 'drifting'
  return (integrity as Integrity | null | undefined) ?? 'unjudged'
}
