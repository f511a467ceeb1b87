import { requireExtension } from '../../domain/vm/extension.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { EXTENSION } from '../../domain/vm/setup.ts'
import { inputFor, osTypeOf, stateOf } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { extensionInstanceView } from '../extension-view.ts'

/** Extensions of a VM: `GuestAttestation` appraises at once, as often as a VM may be asked, and marks the VM as monitored. */
export function extensionTypeOf(rules: VmRules): ArmType {
  return {
    ...{ type: EXTENSION, path: groupPath(EXTENSION), isChild: true },
    models: { PUT: 'VirtualMachineExtension', PATCH: 'VirtualMachineExtensionUpdate' },
    plan: async (id, { properties }, _, { tables }) => {
      const { protectedSettings: __, instanceView: ___, ...kept } = properties
      const vm = (await tables.resources.get(id.split('/').slice(0, -2).join('/')))!
      requireExtension(kept, osTypeOf(vm))
      if (stateOf(vm).power === 'running') rules.attestRate.require(stateOf(vm).vmId)
      return {
        properties: kept,
        work: { kind: 'extension.put', input: inputFor(vm), host: rules.host },
      }
    },
    view: (extension, { query }) => ({
      ...extension.properties,
      provisioningState: extension.provisioningState,
      ...(/instanceView/i.test(query.$expand ?? '') && {
        instanceView: extensionInstanceView(extension),
      }),
    }),
  }
}
