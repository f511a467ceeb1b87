import { ArmError, faults } from '@trusted-launch/api'
import { diskChangeFault, diskCreateFault } from '../../catalogue/disk-security.ts'
import type { Plan, Wanted } from '../../domain/resource-type.ts'
import type { Resource } from '../../domain/store.ts'
import { DISK } from '../../domain/vm/os-disk.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'

/** Managed disks: a VM's own is made with it; empty ones are kept for later. */
export const diskTypeOf = ({ host }: VmRules): ArmType => ({
  ...{ type: DISK, path: groupPath(DISK), models: { PUT: 'Disk', PATCH: 'DiskUpdate' } },
  plan: planDisk,
  planDelete: async (disk) => {
    requireFree(disk)
    return { kind: 'disk.delete', input: {}, host }
  },
  view: ({ properties, state, provisioningState, createdAt }) => ({
    ...properties,
    diskState: textAt(state, 'managedBy') === null ? 'Unattached' : 'Attached',
    timeCreated: new Date(createdAt).toISOString(),
    provisioningState,
  }),
})

async function planDisk(
  _: string,
  { properties }: Wanted,
  existing: Resource | null,
): Promise<Plan> {
  const asked = textAt(properties, 'securityProfile', 'securityType')
  const option = textAt(properties, 'creationData', 'createOption')
  if (option === null) throw new ArmError(faults.missingParameter('creationData'))
  const fault =
    existing === null
      ? diskCreateFault(asked, option)
      : diskChangeFault(textAt(existing.properties, 'securityProfile', 'securityType'), asked)
  if (fault !== null) throw new ArmError(fault)
  return { properties, state: existing?.state ?? { managedBy: null }, work: null }
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
