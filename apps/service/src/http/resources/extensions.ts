import { ArmError } from '@trusted-launch/api'
import { extensionType } from '../../catalogue/extensions.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { EXTENSION } from '../../domain/vm/setup.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'

/** Extensions of a VM: `GuestAttestation` appraises at once, and marks the VM as monitored. */
export function extensionTypeOf(rules: VmRules): ArmType {
  return {
    ...{ type: EXTENSION, path: groupPath(EXTENSION), isChild: true },
    models: { PUT: 'VirtualMachineExtension', PATCH: 'VirtualMachineExtensionUpdate' },
    plan: async (_, { properties }) => {
      const { protectedSettings: __, ...kept } = properties
      const named = extensionType(textAt(kept, 'publisher') ?? '', textAt(kept, 'type') ?? '')
      if ('fault' in named) throw new ArmError(named.fault)
      return { properties: kept, work: { kind: 'extension.put', input: {}, host: rules.host } }
    },
    view: ({ properties, provisioningState }) => ({ ...properties, provisioningState }),
  }
}
