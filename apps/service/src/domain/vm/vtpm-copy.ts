import { ArmError, faults } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import type { Link } from '../links.ts'
import { DISK_POINT, POINT, pointStateOf } from '../snapshot/restore-point.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { ownDiskOf, takesDisk } from './attached-disk.ts'
import { at, type Notice, stateJson, stateOf, textAt, VM } from './vm.ts'

const PATH = ['trustedLaunch', 'vTpmOf'] as const
const TARGET = PATH.join('.')

/** The vTPM that a VM is to have from the beginning. */
export interface VtpmCopy {
  /** What the host calls the restore point. */
  readonly point: string
  /** The `vmId` of the VM whose identity it is. */
  readonly identityOf: string
  readonly notices: readonly Notice[]
}

/** The restore point whose vTPM a VM is to have: a right there that its disks need, too. */
export function vtpmCopyLinks(properties: JsonObject): Link[] {
  const id = textAt(properties, ...PATH, 'restorePoint', 'id')
  if (id === null) return []
  const action = `${DISK_POINT}/beginGetAccess/action`
  return [{ id, type: POINT, action, path: `properties.${TARGET}.restorePoint.id` }]
}

/**
 * Whether a new VM is to have the vTPM of a restore point, with the disk that goes with it; null: it has one of its
 * own. Two VMs of one identity cannot be told apart by it: while another one exists it takes `force`, and both say so.
 * @throws {ArmError}
 */
export async function requireVtpmCopy(
  tables: Tables,
  properties: JsonObject,
  name: string,
  now: number,
): Promise<VtpmCopy | null> {
  const asked = at(properties, ...PATH)
  if (asked === undefined || asked === null) return null
  const id = textAt(asked, 'restorePoint', 'id')
  if (id === null) throw new ArmError(faults.missingParameter(`${TARGET}.restorePoint.id`))
  const row = await tables.resources.get(id)
  if (row?.provisioningState !== 'Succeeded') throw new ArmError(faults.resourceNotFound(id))
  const { point, vmId, identityOf = vmId, generation = null } = pointStateOf(row)
  if (generation === null) throw refused(`Restore point '${row.name}' has no vTPM.`)
  const disk = takesDisk(properties)
    ? await tables.resources.get(ownDiskOf({ properties }) ?? '')
    : null
  if (textAt(disk?.state, 'from', 'id') !== point || at(disk!.state, 'from', 'lun') !== null)
    throw refused(
      `The vTPM of restore point '${row.name}' goes with the disk that its VM started from: attach one made of it (createOption 'Restore').`,
    )
  const others = await holdersOf(tables, identityOf)
  const [first] = others
  if (first !== undefined && at(asked, 'force') !== true)
    throw refused(
      `Virtual Machine '${first.name}' exists and has this vTPM: two with one identity cannot be told apart by it. Leave '${TARGET}' out for a vTPM of its own, delete '${first.name}', or say '${TARGET}.force'.`,
    )
  for (const one of others) await tell(tables, one, name, now)
  return { point, identityOf, notices: first === undefined ? [] : [shared(first.name)] }
}

async function holdersOf(tables: Tables, identityOf: string): Promise<Resource[]> {
  const found: Resource[] = []
  for await (const vm of everyOf(tables, { type: VM })) {
    const { vmId, identityOf: copyOf = vmId } = stateOf(vm)
    if (copyOf === identityOf) found.push(vm)
  }
  return found
}

const SHARED = 'TrustedLaunch/SharedVtpm'

function shared(other: string): Notice {
  const message = `This VM and '${other}' have one vTPM identity: what is sealed to it opens in both, and a verifier cannot tell them apart by their keys.`
  return { code: SHARED, level: 'Warning', message }
}

function tell({ resources }: Tables, vm: Resource, other: string, now: number) {
  const notices = [...stateOf(vm).notices, shared(other)]
  return resources.update(vm.id, { state: stateJson({ ...stateOf(vm), notices }) }, now)
}

function refused(message: string): ArmError {
  return new ArmError(faults.operationNotAllowed(message, TARGET))
}
