import { ArmError, faults } from '@trusted-launch/api'
import { requireNoAccess } from '../../domain/disk/access.ts'
import { requireGroup } from '../../domain/groups.ts'
import { type Link, requireLinkOfType } from '../../domain/links.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import {
  COLLECTION,
  collectionLinks,
  DISK_POINT,
  POINT,
  planCollection,
  pointPlanner,
  pointStateOf,
  requirePointOf,
} from '../../domain/snapshot/restore-point.ts'
import type { SnapshotRules } from '../../domain/snapshot/snapshot.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { requireDisksUnlocked } from '../../domain/vm/belongings.ts'
import { inputFor, stateOf, textAt, VM } from '../../domain/vm/vm.ts'
import { requireNotGoing } from '../../domain/vm/vm-actions.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { requireLink } from '../put-resource.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { CONSISTENCY } from './snapshots.ts'
import { requireVm } from './virtual-machines.ts'

/** VMs as they were: collections, one for a VM, and the restore points in them. */
export function restorePointTypes(rules: SnapshotRules): readonly ArmType[] {
  return [collectionType(rules), pointType(rules)]
}

const collectionType = ({ host }: SnapshotRules): ArmType => ({
  ...{ type: COLLECTION, path: groupPath(COLLECTION) },
  models: { PUT: 'RestorePointCollection', PATCH: 'RestorePointCollectionUpdate' },
  plan: planCollection,
  links: collectionLinks,
  planDelete: async () => ({ kind: 'restorePointCollection.delete', input: {}, host }),
  view: async (collection, { query }, { resources }) => {
    const { id, properties, provisioningState, location } = collection
    const isAsked = /^restorePoints$/i.test(query.$expand ?? '')
    const points = isAsked ? await resources.list({ type: POINT, parentId: id, limit: 1_000 }) : []
    return {
      ...properties,
      source: { ...(properties.source as JsonObject), location },
      provisioningState,
      restorePointCollectionId: id,
      ...(isAsked && { restorePoints: points.map(wholeView) }),
    }
  },
})

const pointType = (rules: SnapshotRules): ArmType => ({
  ...{ type: POINT, path: groupPath(POINT), isChild: true },
  models: { PUT: 'RestorePoint', PATCH: null },
  plan: pointPlanner(rules),
  planDelete: async ({ id }, { tables, at }) => {
    const { resources } = tables
    const read = await resources.list({ type: DISK_POINT, parentId: id, limit: 1_000 })
    for (const disk of read) requireNoAccess(disk, at)
    return { kind: 'restorePoint.delete', input: {}, host: rules.host }
  },
  view: (point, { query }) => pointView(point, /^instanceView$/i.test(query.$expand ?? '')),
})

function wholeView(point: Resource): JsonObject {
  const { id, name, type } = point
  return { id, name, type, properties: pointView(point, false) }
}

function pointView(point: Resource, isWhole: boolean): JsonObject {
  const { properties, provisioningState, createdAt } = point
  const { sourceMetadata, consistency, generation, disks } = pointStateOf(point)
  const isDone = provisioningState === 'Succeeded'
  const completionPercent = isDone ? 100 : 0
  return {
    ...properties,
    ...{ sourceMetadata, provisioningState, timeCreated: new Date(createdAt).toISOString() },
    ...(consistency !== undefined && {
      consistencyMode: CONSISTENCY[consistency as keyof typeof CONSISTENCY],
    }),
    ...(generation != null && { vTpmGeneration: generation }),
    ...(isWhole && {
      instanceView: {
        diskRestorePoints: disks.map(({ name }) => ({
          id: `${point.id}/diskRestorePoints/${name}`,
          replicationStatus: { completionPercent },
        })),
      },
    }),
  }
}

const PATH = groupPath(VM)

/** A VM is put back to what it was: an extension of ours. */
export function restoreRoutes(ground: Ground): Route[] {
  return [
    {
      method: 'POST',
      path: `${PATH}/restore`,
      action: `${VM}/restore/action`,
      handle: (request) => restore(ground, request),
    },
  ]
}

async function restore(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const id = textAt(request.body ?? {}, 'restorePoint', 'id')
  if (id === null) throw new ArmError(faults.missingParameter('restorePoint.id'))
  const link: Link = { id, type: POINT, action: `${POINT}/read`, path: 'restorePoint.id' }
  requireLinkOfType(link)
  await requireLink(ground.authorizer, { type: VM }, request, link)
  const { operation } = await change(ground, request, async (tables) => {
    const { subscriptionId, resourceGroup } = request.params
    await requireGroup(tables, subscriptionId!, resourceGroup!)
    const vm = await requireVm({ store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, vm.id, 'write')
    requireNotGoing(vm)
    requireOff(vm)
    const work = await workOf(tables, vm, id, request, ground.host)
    await tables.resources.update(vm.id, { provisioningState: 'Updating' }, ground.now())
    return { status: 202, operation: await begin(ground, tables, request, vm, work) }
  })
  ground.wake()
  const { base, apiVersion } = request
  return { status: 202, headers: operationHeaders(base, operation!, apiVersion) }
}

async function workOf(
  tables: Tables,
  vm: Resource,
  id: string,
  { caller }: ArmRequest,
  host: string,
) {
  const { point, luns } = await requirePointOf(tables, vm, id)
  await requireDisksUnlocked(tables, vm, luns)
  const input = { ...inputFor(vm), point: point.point, luns, of: id, by: caller.name }
  return { kind: 'vm.restore', input, host }
}

/** @throws {ArmError} it runs, or is about to. */
function requireOff(vm: Resource): void {
  if (['stopped', 'deallocated'].includes(stateOf(vm).power)) return
  throw new ArmError(
    faults.operationNotAllowed(
      `Virtual Machine '${vm.name}' is ${stateOf(vm).power}: deallocate it before it is put back to a restore point.`,
    ),
  )
}
