import { HostError } from '@trusted-launch/host'
import type { MachineDriver, MachinePlan } from '../domain/host/machines.ts'
import { putDataDisks } from './data-disks.ts'
import { withItsKeys } from './firmware-keys.ts'
import { runInGuest } from './guest-command.ts'
import { type LocalParts, machineOn } from './local-parts.ts'
import { changeMachine, growOwnDisk } from './machine-change.ts'
import { bootOf, powerOf, startMachine } from './machine-power.ts'
import { specOf } from './machine-spec.ts'
import { isBridged } from './network-driver.ts'
import { diskIn, keepOwnDisk, specOfOwn } from './own-disk.ts'
import { explained, openPoint } from './restore-points.ts'
import { portsOfOthers, SshPorts } from './ssh-ports.ts'

/** The VMs of this machine. */
export function machineDriver(parts: LocalParts): MachineDriver {
  const { host, disks, images, references } = parts
  const ports = new SshPorts()
  return {
    async create(plan, signal) {
      const own = diskIn(plan.image)
      if (own !== null) return createOf(parts, own, plan)
      const image = await images.get(plan.image, signal)
      if (machineOn(host, plan.id) === null)
        await host.create(specOf(plan, image, images.keysOf(image, plan), await isBridged(host)))
      await growOwnDisk(host.machine(plan.id), plan)
      if ((await references.read(plan.id)) === null) await references.foretell(plan, image, signal)
    },

    async delete(id, kept = null) {
      const machine = machineOn(host, id)
      if (machine !== null && kept !== null) await keepOwnDisk(machine, kept, disks)
      try {
        await host.delete(id)
      } catch (error) {
        if (!isMissing(error)) throw error
      }
      await references.remove(id)
      ports.forget(id)
    },

    async power(id) {
      const machine = machineOn(host, id)
      return machine === null ? null : powerOf(machine)
    },

    async machines() {
      return host.machines().map(({ id }) => id)
    },

    async start(id) {
      await startMachine(host.machine(id))
    },

    async stop(id, { graceful }) {
      await machineOn(host, id)?.stop({ graceful })
    },

    async restart(id) {
      await host.machine(id).reset()
    },

    async setIsolated(id, isolated) {
      await host.machine(id).setIsolated(isolated)
    },

    async waitForBoot(id, timeoutMs, signal) {
      return bootOf(host.machine(id), timeoutMs, signal)
    },

    async change(plan, signal) {
      const machine = host.machine(plan.id)
      const asItIs = withItsKeys(machine, plan)
      await changeMachine(machine, plan, await isBridged(host), () =>
        references.foretellPlanned(asItIs, signal),
      )
    },

    async reimage(plan, signal) {
      const image = await images.get(plan.image, signal)
      const machine = host.machine(plan.id)
      await references.foretell(withItsKeys(machine, plan), image, signal)
      await machine.disks.replace({ path: image.path, format: image.format })
      await growOwnDisk(machine, plan)
    },

    async putDataDisks(id, plans) {
      await putDataDisks(host.machine(id), plans, disks)
    },

    async sshPort(id, kept) {
      return ports.portFor(id, kept, portsOfOthers(host, id))
    },

    async runCommand(id, command, timeoutSeconds) {
      return runInGuest(host, id, command, timeoutSeconds)
    },
  }
}

/** A VM that takes a disk as its own has its bytes from then on; its vTPM is a new one, or a restore point's. */
async function createOf(
  { host, disks }: LocalParts,
  diskId: string,
  plan: MachinePlan,
): Promise<void> {
  if (machineOn(host, plan.id) === null) {
    const { vtpmOf = null } = plan
    const spec = await specOfOwn(diskId, plan, disks, await isBridged(host))
    await explained(plan.name, async () => {
      const vtpm = vtpmOf === null ? null : (await openPoint(host, vtpmOf)).vtpm
      await host.create({ ...spec, vtpmOf: vtpm })
    })
  }
  await growOwnDisk(host.machine(plan.id), plan)
  await disks.giveUp(diskId)
}

function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.code === 'machine-missing'
}
