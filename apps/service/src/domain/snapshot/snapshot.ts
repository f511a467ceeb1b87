import { randomUUID } from 'node:crypto'
import { ArmError, type Fault, faults, keyOf, parseResourceId, typeOf } from '@trusted-launch/api'
import { diskCreateFault } from '../../catalogue/disk-security.ts'
import { requireOffered } from '../disk/offered.ts'
import type { Link } from '../links.ts'
import { isMachine } from '../machines.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { requireDiskRoom } from '../vm/disk-room.ts'
import { DISK } from '../vm/disk-row.ts'
import { stateOf, textAt } from '../vm/vm.ts'

export const SNAPSHOT = 'Microsoft.Compute/snapshots'

/** What decides about snapshots beside what is asked. */
export interface SnapshotRules {
  readonly host: string
  /** What the host keeps disks on, in GiB. */
  readonly diskGib: () => number
  /** Paths that ask for what a snapshot would be less without. */
  readonly refusedOfSnapshots: (body: JsonObject) => readonly string[]
}

const SOURCE = 'creationData.sourceResourceId'
/** What a disk says of the system on it, and a copy of it says too. */
const CARRIED = ['osType', 'hyperVGeneration', 'securityProfile', 'supportedCapabilities'] as const

/** A snapshot of a disk, whether its VM runs or not, or a copy of another snapshot. It never changes. @throws {ArmError} */
export function snapshotPlanner(rules: SnapshotRules) {
  return async (
    _: string,
    wanted: Wanted,
    existing: Resource | null,
    { tables }: Moment,
  ): Promise<Plan> => {
    const { properties } = wanted
    requireOffered(rules.refusedOfSnapshots, wanted, existing)
    if (existing !== null) return planSame(properties, existing)
    const option = textAt(properties, 'creationData', 'createOption')
    if (option === null) throw new ArmError(faults.missingParameter('creationData'))
    if (!['copy', 'copystart'].includes(option.toLowerCase())) throw new ArmError(notDone(option))
    const fault = diskCreateFault(textAt(properties, 'securityProfile', 'securityType'), option)
    if (fault !== null) throw new ArmError(fault)
    const source = await requireSource(tables, properties)
    const sizeGib = Number(source.properties.diskSizeGB ?? 0)
    await requireDiskRoom(tables, rules.diskGib(), sizeGib)
    const incremental = properties.incremental === true
    return {
      properties: { ...properties, ...carriedBy(source), diskSizeGB: sizeGib, incremental },
      state: {
        ...{ uniqueId: randomUUID(), family: familyOf(source) },
        ...(source.state.examination !== undefined && { examination: source.state.examination }),
      },
      work: { kind: 'snapshot.take', input: {}, host: rules.host },
    }
  }
}

/** What a copy says as its source does. */
export function carriedBy({ properties }: Resource): JsonObject {
  const carried = CARRIED.filter((name) => properties[name] !== undefined)
  return Object.fromEntries(carried.map((name) => [name, properties[name]!]))
}

/** Snapshots of one disk are a family, by the disk's id. */
function familyOf({ id, type, state }: Resource): string {
  return keyOf(type) === keyOf(SNAPSHOT) ? (textAt(state, 'family') ?? keyOf(id)) : keyOf(id)
}

async function requireSource({ resources }: Tables, properties: JsonObject): Promise<Resource> {
  const id = textAt(properties, 'creationData', 'sourceResourceId')
  if (id === null) throw new ArmError(faults.missingParameter(SOURCE))
  const source = await resources.get(id)
  if (source === null) throw new ArmError(faults.resourceNotFound(id))
  if (source.provisioningState === 'Succeeded') return source
  throw new ArmError(
    faults.operationNotAllowed(`'${source.name}' is ${source.provisioningState}.`, SOURCE),
  )
}

/** Its tags may change, and what has no effect; nothing that it holds. @throws {ArmError} `PropertyChangeNotAllowed` */
function planSame(properties: JsonObject, existing: Resource): Plan {
  const fixed: readonly (readonly string[])[] = [
    ...['createOption', 'sourceResourceId'].map((name) => ['creationData', name]),
    ...[['osType'], ['hyperVGeneration'], ['securityProfile', 'securityType']],
  ]
  for (const path of fixed) {
    const [was, is] = [existing.properties, properties].map((one) => textAt(one, ...path))
    if (is != null && keyOf(is) !== keyOf(was ?? '')) throw new ArmError(changeRefused(path))
  }
  for (const name of ['diskSizeGB', 'incremental'])
    if (properties[name] !== undefined && properties[name] !== existing.properties[name])
      throw new ArmError(changeRefused([name]))
  const held = [...CARRIED, 'creationData', 'diskSizeGB', 'incremental']
  const kept = held.filter((name) => existing.properties[name] !== undefined)
  const holding = Object.fromEntries(kept.map((name) => [name, existing.properties[name]!]))
  return { properties: { ...properties, ...holding }, work: null }
}

/** The disk that a snapshot is of, or the snapshot that it is a copy of. */
export function snapshotLinks(_: string, { properties }: Wanted): Link[] {
  const id = textAt(properties, 'creationData', 'sourceResourceId')
  if (id === null) return []
  const type = isSnapshotId(id) ? SNAPSHOT : DISK
  return [{ id, type, action: `${type}/beginGetAccess/action`, path: `properties.${SOURCE}` }]
}

export function isSnapshotId(id: string): boolean {
  const parsed = parseResourceId(id)
  return parsed !== null && keyOf(typeOf(parsed)) === keyOf(SNAPSHOT)
}

/** A snapshot whose bytes are here. @throws {ArmError} */
export async function requireSnapshot(
  { resources }: Pick<Tables, 'resources'>,
  id: string,
): Promise<Resource> {
  const found = await resources.get(id)
  if (found === null) throw new ArmError(faults.resourceNotFound(id))
  if (found.provisioningState === 'Succeeded') return found
  throw new ArmError(faults.operationNotAllowed(`Snapshot ${found.name} is not there yet.`, SOURCE))
}

/** The machine that has a disk, if one has it; `isOwn`: it starts from it. */
export async function holderOf(
  { resources }: Pick<Tables, 'resources'>,
  disk: Resource,
): Promise<{ readonly machine: string; readonly isOwn: boolean } | null> {
  const holder = textAt(disk.state, 'managedBy')
  const vm = holder === null ? null : await resources.get(holder)
  if (vm === null || !isMachine(vm)) return null
  const own = textAt(vm.properties, 'storageProfile', 'osDisk', 'managedDisk', 'id')
  return { machine: stateOf(vm).machine, isOwn: keyOf(own ?? '') === keyOf(disk.id) }
}

function notDone(option: string): Fault {
  return faults.operationNotAllowed(
    `CreateOption '${option.slice(0, 80)}' is not offered by this host: 'Copy' and 'CopyStart' of a disk or a snapshot are.`,
    'creationData.createOption',
  )
}

function changeRefused(path: readonly string[]): Fault {
  const target = path.join('.')
  const message = `Changing property '${target}' is not allowed.`
  return { status: 409, code: 'PropertyChangeNotAllowed', message, target }
}
