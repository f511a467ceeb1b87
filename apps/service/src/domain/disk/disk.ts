import { ArmError, type Fault, faults, keyOf, parseResourceId, typeOf } from '@trusted-launch/api'
import { diskCreateFault } from '../../catalogue/disk-security.ts'
import { diskSkuFault } from '../../catalogue/disk-skus.ts'
import type { Link } from '../links.ts'
import { isMachine } from '../machines.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import { DISK_POINT, requirePointDisk } from '../snapshot/restore-point.ts'
import { carriedBy, isSnapshotId, requireSnapshot, SNAPSHOT } from '../snapshot/snapshot.ts'
import { type AllowedSource, type DiskSource, type Source, sourceOf } from '../sources.ts'
import type { JsonObject, Resource } from '../store.ts'
import { requireDiskRoom } from '../vm/disk-room.ts'
import { DISK } from '../vm/disk-row.ts'
import { growInVm, requireNotSmaller, requireSizeGib, tooLarge } from '../vm/disk-size.ts'
import { at, stateOf, textAt } from '../vm/vm.ts'
import { guestStateOf, uploadOf } from './access.ts'
import { withMade, withSku } from './made.ts'
import { requireOffered } from './offered.ts'
import { uploadGib } from './upload.ts'

/** What decides about disks beside what is asked. */
export interface DiskRules {
  readonly host: string
  readonly allowedSources: readonly AllowedSource[]
  /** What the host keeps disks on, in GiB. */
  readonly diskGib: () => number
  /** Paths that ask for what a disk would be less without. */
  readonly refusedOfDisks: (body: JsonObject) => readonly string[]
}

const SOURCE = 'creationData.sourceUri'
const GUEST_STATE = 'creationData.securityDataUri'
const COPIED = 'creationData.sourceResourceId'

/**
 * A new disk: empty, a copy of another, or somebody's bytes; nothing is claimed that is not done. One that is there
 * may grow. @throws {ArmError}
 */
export function diskPlanner(rules: DiskRules) {
  return async (
    id: string,
    wanted: Wanted,
    existing: Resource | null,
    moment: Moment,
  ): Promise<Plan> => {
    const { properties, envelope } = wanted
    requireOffered(rules.refusedOfDisks, wanted, existing)
    refuseIf(diskSkuFault(textAt(envelope, 'sku', 'name'), 'sku.name'))
    if (existing === null) return planNew(rules, id, properties, moment)
    return planChange(rules, wanted, existing, moment)
  }
}

async function planNew(
  rules: DiskRules,
  id: string,
  properties: JsonObject,
  moment: Moment,
): Promise<Plan> {
  const option = textAt(properties, 'creationData', 'createOption')
  if (option === null) throw new ArmError(faults.missingParameter('creationData'))
  refuseIf(diskCreateFault(textAt(properties, 'securityProfile', 'securityType'), option))
  const sizeGib = sizeIn(properties)
  await requireRoom(rules, moment.tables, sizeGib)
  const state = { managedBy: null }
  const work = { kind: 'disk.fill', input: {}, host: rules.host }
  switch (option.toLowerCase()) {
    case 'empty':
      if (sizeGib === null) throw new ArmError(faults.missingParameter('disk.diskSizeGB'))
      return { properties, state, work: null }
    case 'copy':
      return { ...(await copyOf(rules, properties, sizeGib, moment)), work }
    case 'restore':
      return { ...(await restoredOf(rules, properties, sizeGib, moment)), work }
    case 'import':
      importOf(rules, id, properties)
      return { properties, state, work }
    case 'importsecure':
      importOf(rules, id, properties)
      variablesOf(rules, id, properties)
      return { properties, state, work }
    case 'upload':
    case 'uploadpreparedsecure':
      return planUpload(rules, properties, sizeGib, moment)
    default:
      throw new ArmError(notDone(option))
  }
}

/** A disk whose bytes are sent by who asks for access to it: for nobody else it is there. */
async function planUpload(
  rules: DiskRules,
  properties: JsonObject,
  asked: number | null,
  { tables }: Moment,
): Promise<Plan> {
  const sent = uploadGib(properties)
  if (asked !== null) requireNotSmaller('diskSizeGB', sent, asked)
  const diskSizeGB = asked ?? sent
  await requireRoom(rules, tables, diskSizeGB)
  const state = { managedBy: null, upload: 'waiting' }
  return { properties: { ...properties, diskSizeGB }, state, work: null, isUnfinished: true }
}

function importOf({ allowedSources }: DiskRules, id: string, properties: JsonObject): DiskSource {
  const uri = textAt(properties, 'creationData', 'sourceUri')
  if (uri === null) throw new ArmError(faults.missingParameter(SOURCE))
  return sourceOf(uri, id.split('/providers/')[0]!, allowedSources, SOURCE)
}

/** A VM's guest state: here, its variable store. @throws {ArmError} */
function variablesOf({ allowedSources }: DiskRules, id: string, properties: JsonObject): Source {
  const uri = textAt(properties, 'creationData', 'securityDataUri')
  if (uri === null) throw new ArmError(faults.missingParameter(GUEST_STATE))
  return sourceOf(uri, id.split('/providers/')[0]!, allowedSources, GUEST_STATE)
}

/** Where the variable store of a new disk's VM comes from; null: it brings none. */
export function variablesSource({ id, properties }: Resource, rules: DiskRules): Source | null {
  const option = textAt(properties, 'creationData', 'createOption')?.toLowerCase()
  if (option === 'uploadpreparedsecure') return { kind: 'upload', id: guestStateOf(id) }
  return option === 'importsecure' ? variablesOf(rules, id, properties) : null
}

/** Where the bytes of a new disk come from. @throws {ArmError} its host is not allowed any more. */
export function diskSource(disk: Resource, rules: DiskRules): DiskSource {
  const { id, properties } = disk
  const option = textAt(properties, 'creationData', 'createOption')?.toLowerCase()
  if (option === 'import' || option === 'importsecure') return importOf(rules, id, properties)
  if (option?.startsWith('upload')) return { kind: 'upload', id: uploadOf(id) }
  if (disk.state.from !== undefined) return disk.state.from as unknown as DiskSource
  const copied = textAt(properties, 'creationData', 'sourceResourceId') ?? ''
  return isSnapshotId(copied) ? { kind: 'snapshot', id: copied } : { kind: 'disk', id: copied }
}

/** A copy of a disk that no VM writes to, or of a snapshot: then it says what that says of the system on it. */
async function copyOf(
  rules: DiskRules,
  properties: JsonObject,
  sizeGib: number | null,
  { tables }: Moment,
): Promise<{ properties: JsonObject; state: JsonObject }> {
  const id = textAt(properties, 'creationData', 'sourceResourceId')
  if (id === null) throw new ArmError(faults.missingParameter(COPIED))
  const isSnapshot = isSnapshotId(id)
  const source = await (isSnapshot ? requireSnapshot : requireCopyable)(tables, id)
  const sourceGib = Number(source.properties.diskSizeGB ?? 0)
  const grown = sizeGib ?? sourceGib
  requireNotSmaller(source.id, sourceGib, grown)
  await requireRoom(rules, tables, grown)
  const { examination } = source.state
  return {
    properties: { ...(isSnapshot && carriedBy(source)), ...properties, diskSizeGB: grown },
    state: { managedBy: null, ...(isSnapshot && examination !== undefined && { examination }) },
  }
}

/** A disk of a restore point: it says what the disk said then. */
async function restoredOf(
  rules: DiskRules,
  properties: JsonObject,
  sizeGib: number | null,
  { tables }: Moment,
): Promise<{ properties: JsonObject; state: JsonObject }> {
  const id = textAt(properties, 'creationData', 'sourceResourceId')
  if (id === null) throw new ArmError(faults.missingParameter(COPIED))
  const { point, disk } = await requirePointDisk(tables, id)
  const grown = sizeGib ?? disk.sizeGib
  requireNotSmaller(id, disk.sizeGib, grown)
  await requireRoom(rules, tables, grown)
  return {
    properties: { ...disk.carried, ...properties, diskSizeGB: grown },
    // The point may be deleted and made anew under its name before the bytes are there.
    state: { managedBy: null, from: { kind: 'restorePoint', id: point.point, lun: disk.lun } },
  }
}

/** A disk that may be copied now: nobody writes to it. @throws {ArmError} */
export async function requireCopyable(
  { resources }: Moment['tables'],
  id: string,
): Promise<Resource> {
  const source = await resources.get(id)
  if (source === null) throw new ArmError(faults.resourceNotFound(id))
  const fault = copyFault(source, await holderOf(source, resources))
  if (fault !== null) throw new ArmError(faults.operationNotAllowed(fault, COPIED))
  return source
}

function copyFault(source: Resource, vm: Resource | null): string | null {
  const { name, provisioningState } = source
  if (provisioningState !== 'Succeeded') return `Disk ${name} is not there yet.`
  if (vm !== null && isOwn(vm, source))
    return `Disk ${name} is a VM's own: its bytes are with its VM, and are not copied.`
  const isOff = vm === null || ['stopped', 'deallocated'].includes(stateOf(vm).power)
  if (isOff) return null
  return `Disk ${name} is attached to ${vm.id}, which runs: stop that VM, or detach the disk.`
}

function isOwn(vm: Resource, { id }: Resource): boolean {
  const own = textAt(vm.properties, 'storageProfile', 'osDisk', 'managedDisk', 'id')
  return keyOf(own ?? '') === keyOf(id)
}

async function holderOf(
  { state }: Resource,
  resources: Moment['tables']['resources'],
): Promise<Resource | null> {
  const holder = textAt(state, 'managedBy')
  const found = holder === null ? null : await resources.get(holder)
  return found !== null && isMachine(found) ? found : null
}

/** It may grow; what it was made as stays. */
async function planChange(
  rules: DiskRules,
  { properties: asked, envelope }: Wanted,
  existing: Resource,
  { tables, at: time }: Moment,
): Promise<Plan> {
  const [was, now] = [sizeIn(existing.properties), sizeIn(asked)]
  const properties = withMade(existing.properties, asked)
  await requireRoom(rules, tables, now, was ?? 0)
  if (was !== null && now !== null) requireNotSmaller(existing.id, was, now)
  if (now !== null && now !== was) await growInVm(tables, existing, now, time)
  return { properties, envelope: withSku(existing, envelope), state: existing.state, work: null }
}

/** @throws {ArmError} not 1 to 32,767 GiB. */
function sizeIn(properties: JsonObject): number | null {
  const given = at(properties, 'diskSizeGB')
  return given == null ? null : requireSizeGib(given, 'disk.diskSizeGB')
}

/** A disk that the host could not fill is a promise that is not kept. @throws {ArmError} `AllocationFailed` */
async function requireRoom(
  { diskGib }: DiskRules,
  tables: Moment['tables'],
  sizeGib: number | null,
  hadGib = 0,
): Promise<void> {
  if (sizeGib === null) return
  if (sizeGib > diskGib()) throw new ArmError(tooLarge(sizeGib, diskGib()))
  await requireDiskRoom(tables, diskGib(), sizeGib - hadGib)
}

/** The disk or snapshot that a copy is of, or the disk of a restore point. @throws {ArmError} it is of something else. */
export function diskLinks(_: string, { properties }: Wanted): Link[] {
  const id = textAt(properties, 'creationData', 'sourceResourceId')
  const option = textAt(properties, 'creationData', 'createOption')?.toLowerCase()
  const path = `properties.${COPIED}`
  if (id !== null && option === 'restore')
    return [{ id, type: DISK_POINT, action: `${DISK_POINT}/beginGetAccess/action`, path }]
  if (id === null || option !== 'copy') return []
  const parsed = parseResourceId(id)
  const type = isSnapshotId(id) ? SNAPSHOT : DISK
  if (parsed !== null && keyOf(typeOf(parsed)) !== keyOf(type))
    throw new ArmError(notDone(`Copy of ${typeOf(parsed)}`))
  const action = `${type}/beginGetAccess/action`
  return [{ id, type, action, path }]
}

function notDone(option: string): Fault {
  return faults.operationNotAllowed(
    `CreateOption '${option.slice(0, 80)}' is not offered by this host: 'Empty', 'Copy' of a disk or a snapshot, 'Restore' of a restore point's disk, 'Import' of a file, 'ImportSecure' with a variable store, 'Upload' and 'UploadPreparedSecure' are.`,
    'creationData.createOption',
  )
}

function refuseIf(fault: Fault | null): void {
  if (fault !== null) throw new ArmError(fault)
}
