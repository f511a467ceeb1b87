import { randomUUID } from 'node:crypto'
import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import { type Link, listIn } from '../links.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { dataDisksOf } from '../vm/data-disks.ts'
import { requireDiskRoom } from '../vm/disk-room.ts'
import { at, generationOf, stateOf, textAt, VM } from '../vm/vm.ts'
import { carriedBy, type SnapshotRules } from './snapshot.ts'

export const COLLECTION = 'Microsoft.Compute/restorePointCollections'
export const POINT = `${COLLECTION}/restorePoints`
/** A disk in a restore point: no resource, but it is named as one. */
export const DISK_POINT = `${POINT}/diskRestorePoints`

/** A disk of a restore point. */
export interface PointDisk {
  /** Null: the VM's own. */
  readonly lun: number | null
  readonly diskId: string
  readonly name: string
  readonly sizeGib: number
  /** What the disk said of the system on it. */
  readonly carried: JsonObject
}

/** What the service knows of a restore point beside what was asked for. */
export interface PointState {
  /** Its id on its host. */
  readonly point: string
  /** The machine it is of, and its VM's `vmId`. */
  readonly machine: string
  readonly vmId: string
  /** The `vmId` of the VM whose vTPM's identity it has, where that was copied from another. */
  readonly identityOf?: string
  readonly disks: readonly PointDisk[]
  /** Of the VM, as it was asked for then. */
  readonly sourceMetadata: JsonObject
  readonly consistency?: string
  /** Which vTPM it has; null: none. */
  readonly generation?: number | null
}

export function pointStateOf({ state }: Pick<Resource, 'state'>): PointState {
  return state as unknown as PointState
}

const SOURCE = 'source.id'

/** What holds the restore points of one VM. @throws {ArmError} */
export async function planCollection(
  _: string,
  { properties }: Wanted,
  existing: Resource | null,
  { tables }: Moment,
): Promise<Plan> {
  const source = textAt(properties, 'source', 'id')
  if (existing !== null) {
    const was = textAt(existing.properties, 'source', 'id') ?? ''
    if (source !== null && keyOf(source) !== keyOf(was)) throw new ArmError(fixed(SOURCE))
    return { properties: existing.properties, work: null }
  }
  if (source === null) throw new ArmError(faults.missingParameter(SOURCE))
  if (properties.instantAccess === true) throw new ArmError(notDone('instantAccess'))
  await requireVm(tables, source)
  return { properties, state: {}, work: null }
}

/** The VM that restore points are of. */
export function collectionLinks(_: string, { properties }: Wanted): Link[] {
  const id = textAt(properties, 'source', 'id')
  if (id === null) return []
  return [{ id, type: VM, action: `${VM}/read`, path: `properties.${SOURCE}` }]
}

/** A VM as it is now: all its disks that are not left out, its variable store, its vTPM. @throws {ArmError} */
export function pointPlanner(rules: SnapshotRules) {
  return async (
    id: string,
    { properties }: Wanted,
    existing: Resource | null,
    { tables }: Moment,
  ): Promise<Plan> => {
    if (existing !== null) throw new ArmError(fixed('restorePoint'))
    const collection = await tables.resources.get(id.split('/').slice(0, -2).join('/'))
    const vm = await requireVm(tables, textAt(collection!.properties, 'source', 'id')!)
    requireOffered(properties, vm)
    const disks = await disksOf(tables, vm, excludedIn(properties))
    const sizeGib = disks.reduce((sum, disk) => sum + disk.sizeGib, 0)
    await requireDiskRoom(tables, rules.diskGib(), sizeGib)
    const { machine, vmId, identityOf = vmId } = stateOf(vm)
    const state: PointState = {
      ...{ point: `rp-${randomUUID()}`, machine, vmId, identityOf, disks },
      sourceMetadata: metadataOf(vm, disks, id),
    }
    const work = { kind: 'restorePoint.take', input: {}, host: rules.host }
    return { properties, state: state as unknown as JsonObject, work }
  }
}

async function requireVm({ resources }: Tables, id: string): Promise<Resource> {
  const vm = await resources.get(id)
  if (vm === null || keyOf(vm.type) !== keyOf(VM)) throw new ArmError(faults.resourceNotFound(id))
  if (['Creating', 'Deleting'].includes(vm.provisioningState))
    throw new ArmError(
      faults.operationNotAllowed(`The Virtual Machine '${vm.name}' is ${vm.provisioningState}.`),
    )
  return vm
}

/** @throws {ArmError} what would promise more than is done. */
function requireOffered(properties: JsonObject, vm: Resource): void {
  if (at(properties, 'sourceRestorePoint') != null)
    throw new ArmError(notDone('sourceRestorePoint'))
  if (Number(properties.instantAccessDurationMinutes ?? 0) > 0)
    throw new ArmError(notDone('instantAccessDurationMinutes'))
  const asked = textAt(properties, 'consistencyMode')?.toLowerCase() ?? 'crashconsistent'
  const isOff = ['stopped', 'deallocated'].includes(stateOf(vm).power)
  if (asked === 'crashconsistent' || (asked === 'applicationconsistent' && isOff)) return
  throw new ArmError(
    faults.operationNotAllowed(
      `Of a VM that runs restore points are 'CrashConsistent' here: its guest is asked nothing. Deallocate '${vm.name}' for one of all that it had to write.`,
      'consistencyMode',
    ),
  )
}

function excludedIn(properties: JsonObject): ReadonlySet<string> {
  const ids = listIn(at(properties, 'excludeDisks')).map((one) => textAt(one, 'id'))
  return new Set(ids.flatMap((id) => (id === null ? [] : [keyOf(id)])))
}

async function disksOf(
  { resources }: Tables,
  vm: Resource,
  excluded: ReadonlySet<string>,
): Promise<PointDisk[]> {
  const own = textAt(vm.properties, 'storageProfile', 'osDisk', 'managedDisk', 'id')
  if (own === null) throw new ArmError(faults.operationNotAllowed(`'${vm.name}' has no disk.`))
  if (excluded.has(keyOf(own))) throw new ArmError(notDone("excludeDisks of a VM's own disk"))
  const all = [{ lun: null, diskId: own }, ...dataDisksOf(vm.properties)]
  const kept = all.filter(({ diskId }) => !excluded.has(keyOf(diskId)))
  return Promise.all(
    kept.map(async ({ lun, diskId }) => {
      const row = await resources.get(diskId)
      if (row === null) throw new ArmError(faults.resourceNotFound(diskId))
      const sizeGib = Number(row.properties.diskSizeGB ?? 0)
      return { lun, diskId, name: row.name, sizeGib, carried: carriedBy(row) }
    }),
  )
}

/** As Azure tells of a restore point's VM. */
function metadataOf(vm: Resource, disks: readonly PointDisk[], id: string): JsonObject {
  const { hardwareProfile, securityProfile, storageProfile } = vm.properties
  const told = (disk: PointDisk) => ({
    ...{ name: disk.name, diskSizeGB: disk.sizeGib, managedDisk: { id: disk.diskId } },
    diskRestorePoint: { id: `${id}/diskRestorePoints/${disk.name}` },
  })
  const osType = textAt(storageProfile, 'osDisk', 'osType')
  const own = disks.find(({ lun }) => lun === null)!
  return {
    ...{ hardwareProfile: hardwareProfile ?? {}, vmId: stateOf(vm).vmId, location: vm.location },
    ...(securityProfile !== undefined && { securityProfile }),
    hyperVGeneration: generationOf(vm),
    storageProfile: {
      osDisk: { osType, ...told(own) },
      dataDisks: disks.flatMap((disk) =>
        disk.lun === null ? [] : [{ lun: disk.lun, ...told(disk) }],
      ),
    },
  }
}

/** The point and the disk of it that an id names. @throws {ArmError} not there. */
export async function requirePointDisk(
  { resources }: Pick<Tables, 'resources'>,
  id: string,
): Promise<{ row: Resource; point: PointState; disk: PointDisk }> {
  const row = await resources.get(id.split('/').slice(0, -2).join('/'))
  const name = keyOf(id.split('/').at(-1)!)
  const disk =
    row?.provisioningState === 'Succeeded' &&
    pointStateOf(row).disks.find((one) => keyOf(one.name) === name)
  if (!disk) throw new ArmError(faults.resourceNotFound(id))
  return { row: row!, point: pointStateOf(row!), disk }
}

/** The point that a VM is to be put back to, and which of its data disks with it: those that it has at the same place. @throws {ArmError} */
export async function requirePointOf(
  { resources }: Pick<Tables, 'resources'>,
  vm: Resource,
  id: string,
): Promise<{ point: PointState; luns: number[] }> {
  const row = await resources.get(id)
  if (row === null || keyOf(row.type) !== keyOf(POINT))
    throw new ArmError(faults.resourceNotFound(id))
  const point = pointStateOf(row)
  if (row.provisioningState !== 'Succeeded')
    throw new ArmError(faults.operationNotAllowed(`Restore point '${row.name}' is not there yet.`))
  if (point.vmId !== stateOf(vm).vmId)
    throw new ArmError(
      faults.operationNotAllowed(
        `Restore point '${row.name}' is of another Virtual Machine than '${vm.name}': make disks of it, and a VM of these.`,
        'restorePoint.id',
      ),
    )
  const has = dataDisksOf(vm.properties)
  const isThere = ({ lun, diskId }: PointDisk) =>
    has.some((one) => one.lun === lun && keyOf(one.diskId) === keyOf(diskId))
  const luns = point.disks.filter(isThere).map(({ lun }) => lun!)
  return { point, luns }
}

function fixed(target: string): Fault {
  const message = `Changing property '${target}' is not allowed.`
  return { status: 409, code: 'PropertyChangeNotAllowed', message, target }
}

function notDone(what: string): Fault {
  return faults.operationNotAllowed(`'${what}' is not offered by this host.`, what.split(' ')[0])
}
