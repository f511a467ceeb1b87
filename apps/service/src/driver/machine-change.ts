import { type Machine, openDiskFile } from '@trusted-launch/host'
import type { MachinePlan } from '../domain/host/machines.ts'
import { growDisk } from './grow-disk.ts'
import { firmwareOf, networkOf } from './machine-spec.ts'

/**
 * Brings a stopped VM to its plan.
 * @param isBridged whether the host makes networks.
 * @param foretell writes down what it is to measure from then on, before anything of that is changed: killed in
 * between, all of it is done again.
 */
export async function changeMachine(
  machine: Machine,
  plan: MachinePlan,
  isBridged: boolean,
  foretell: () => Promise<void>,
): Promise<void> {
  const { vcpus, memoryMiB, secureBoot, vTpm } = plan
  const { spec } = machine
  const firmware = firmwareOf(plan)
  const isOther = vcpus !== spec.vcpus || memoryMiB !== spec.memoryMiB
  const isSame = secureBoot === spec.secureBoot && vTpm === (spec.vtpm !== null)
  if (isOther || !isSame || firmware !== spec.firmware) await foretell()
  if (isOther) await machine.settings.reshape({ vcpus, memoryMiB })
  if (firmware !== spec.firmware) await machine.settings.setFirmware(firmware)
  if (vTpm !== (spec.vtpm !== null)) await machine.settings.setVtpm(vTpm)
  if (secureBoot !== spec.secureBoot) await machine.settings.setSecureBoot(secureBoot)
  await setNetwork(machine, networkOf(plan, isBridged))
  await growOwnDisk(machine, plan)
}

const GIB = 2 ** 30

/**
 * Room behind what is there: its partition table, which is measured, changes only once its guest takes the room. A
 * disk that has as many GiB, the last one begun, stays as it is. Of a stopped VM.
 */
export async function growOwnDisk(
  { disk: own, disks }: Pick<Machine, 'disk'> & { disks: Pick<Machine['disks'], 'resize'> },
  { osDiskGib }: Pick<MachinePlan, 'osDiskGib'>,
): Promise<void> {
  if (osDiskGib === null) return
  const disk = openDiskFile(own.path, own.format)
  disk.close()
  if (Math.ceil(disk.size / GIB) < osDiskGib) await growDisk(disks, null, osDiskGib)
}

/** What a network is like no boot measures. */
async function setNetwork(machine: Machine, network: ReturnType<typeof networkOf>): Promise<void> {
  if (JSON.stringify(network) !== JSON.stringify(machine.spec.network))
    await machine.settings.setNetwork(network)
}
