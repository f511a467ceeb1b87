import { ArmError, faults } from '@trusted-launch/api'
import { diskLinks, diskPlanner } from '../../domain/disk/disk.ts'
import type { Resource } from '../../domain/store.ts'
import { DISK } from '../../domain/vm/disk-row.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'

/** Managed disks: a VM's own is made with it; others are empty, copies, or somebody's bytes. */
export const diskTypeOf = (rules: VmRules): ArmType => ({
  ...{ type: DISK, path: groupPath(DISK), models: { PUT: 'Disk', PATCH: 'DiskUpdate' } },
  isAccepted: true,
  plan: diskPlanner(rules),
  links: diskLinks,
  planDelete: async (disk) => {
    requireFree(disk)
    return { kind: 'disk.delete', input: {}, host: rules.host }
  },
  view: ({ properties, state, provisioningState, createdAt }) => ({
    ...properties,
    diskState: textAt(state, 'managedBy') === null ? 'Unattached' : 'Attached',
    timeCreated: new Date(createdAt).toISOString(),
    provisioningState,
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
