import { ArmError, diskDispositions, faults } from '@trusted-launch/api'
import { requireNoAccess } from '../../domain/disk/access.ts'
import { diskLinks, diskPlanner } from '../../domain/disk/disk.ts'
import { diskStateOf, uploadStateOf } from '../../domain/disk/upload.ts'
import type { Resource } from '../../domain/store.ts'
import { DISK } from '../../domain/vm/disk-row.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { toldBy } from '../told-by.ts'

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
  beside: ({ state }) => {
    const managedBy = textAt(state, 'managedBy')
    return managedBy === null ? {} : { managedBy }
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
    ...toldBy(diskDispositions, disk),
  }),
})

function requireFree({ name, state }: Resource): void {
  const holder = textAt(state, 'managedBy')
  if (holder === null) return
  throw new ArmError(
    faults.operationNotAllowed(
      `Disk ${name} is attached to VM ${holder}. Detach it from the VM before deleting it.`,
    ),
  )
}
