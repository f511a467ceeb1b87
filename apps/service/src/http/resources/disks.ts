import { ArmError, diskDispositions, faults, membersOf } from '@trusted-launch/api'
import { requireNoAccess } from '../../domain/disk/access.ts'
import { diskLinks, diskPlanner } from '../../domain/disk/disk.ts'
import { diskStateOf, uploadStateOf } from '../../domain/disk/upload.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { DISK } from '../../domain/vm/disk-row.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'

/** Managed disks: a VM's own is made with it; others are empty, copies, or somebody's bytes. */
export const diskTypeOf = (rules: VmRules, now: () => number): ArmType => ({
  ...{ type: DISK, path: groupPath(DISK), models: { PUT: 'Disk', PATCH: 'DiskUpdate' } },
  isAccepted: true,
  plan: diskPlanner(rules),
  links: diskLinks,
  planDelete: async (disk, { at }) => {
    requireFree(disk)
    requireNoAccess(disk, at)
    return { kind: 'disk.delete', input: {}, host: rules.host }
  },
  view: (disk) => ({
    ...disk.properties,
    diskState: diskStateOf(disk, now()),
    timeCreated: new Date(disk.createdAt).toISOString(),
    // That it waits for its bytes is no state of Azure's.
    provisioningState:
      uploadStateOf(disk) === 'waiting' && disk.provisioningState === 'Creating'
        ? 'Succeeded'
        : disk.provisioningState,
    ...toldOf({ ...disk.envelope, properties: disk.properties }),
  }),
})

/** What it was sent and is kept without effect: a disk has no instance view to tell it in. */
function toldOf(body: JsonObject): JsonObject {
  const notEnforced = membersOf(diskDispositions, body, 'notEnforced')
  return notEnforced.length === 0 ? {} : { notEnforced }
}

function requireFree({ name, state }: Resource): void {
  const holder = textAt(state, 'managedBy')
  if (holder === null) return
  throw new ArmError(
    faults.operationNotAllowed(
      `Disk ${name} is attached to VM ${holder}. Detach it from the VM before deleting it.`,
    ),
  )
}
