import { templateWithMore } from '@trusted-launch/uefi'
import type { FirmwareKeyDriver } from '../domain/host/firmware-keys.ts'
import { addFirmwareKeys, roomFor } from './firmware-keys.ts'
import { type LocalParts, machineOn } from './local-parts.ts'
import { lacksForUefi } from './own-disk.ts'
import { variablesOf } from './variables.ts'

/** What the firmware of VMs of this machine trusts and forbids. */
export function firmwareKeyDriver({ host, references }: LocalParts): FirmwareKeyDriver {
  return {
    async variables(id) {
      const machine = machineOn(host, id)
      return machine === null || machine.spec.firmware === 'bios' ? null : variablesOf(machine)
    },

    async refusesWith(id, more) {
      const machine = host.machine(id)
      return roomFor(machine.spec.name, () => machine.keys.refusesWith(more))
    },

    async addFirmwareKeys(plan, more, signal) {
      const machine = host.machine(plan.id)
      const { signatures } = machine.spec
      return addFirmwareKeys(machine, more, async () => {
        if (signatures === null) return
        const withMore = { ...plan, signatures: templateWithMore(signatures, more) }
        await references.foretellPlanned(withMore, signal)
      })
    },

    async lacksForUefi(id) {
      return lacksForUefi(host.machine(id))
    },
  }
}
