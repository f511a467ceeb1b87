import { ArmError, faults } from '@trusted-launch/api'
import { firmwareKeysIn } from '../../domain/host/firmware-keys.ts'
import type { MachineDriver } from '../../domain/host/machines.ts'
import { approveWithKeys } from '../../domain/references/with-keys.ts'
import type { Resource } from '../../domain/store.ts'
import { keyUpdateFor } from '../../domain/vm/current-keys.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import { isUp } from '../is-up.ts'
import type { VmGround, VmJob } from './vm-job.ts'

/** The notice of a VM that is what it was. */
const PUT_BACK = 'TrustedLaunch/PutBack'

/** The notice of a VM whose firmware got keys. */
const KEYS_UPDATED = 'TrustedLaunch/KeysUpdated'

/** To a restore point: its disks, variable store and vTPM. It stays off. */
export async function putBack(vmJob: VmJob, { now }: VmGround): Promise<void> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  const { machine, notices } = stateOf(vm)
  const { point, luns, of, by } = job.operation.input
  await requireOff(vm, driver)
  await job.tell(20, 'putting disks, variable store and vTPM back')
  await driver.restore(machine, String(point), luns as unknown as number[], job.signal)
  const at = new Date(now()).toISOString()
  const message = `The VM was put back to '${of}' at ${at} by ${by}.`
  const others = notices.filter(({ code }) => code !== PUT_BACK)
  const notice = { code: PUT_BACK, level: 'Info', message } as const
  await vmJob.note({ notices: [...others, notice], failure: null, integrity: null }, 'Succeeded')
}

/** It may have been started since something was asked for that wants it off. @throws {ArmError} */
async function requireOff(vm: Resource, driver: MachineDriver): Promise<void> {
  if (isUp(await driver.power(stateOf(vm).machine)))
    throw new ArmError(
      faults.operationNotAllowed(`Virtual Machine '${vm.name}' runs: deallocate it first.`),
    )
}

/** Microsoft's current certificates and revocations, and what the VM is to measure with them. It stays off. */
export async function updateKeys(vmJob: VmJob, { now, planOf }: VmGround): Promise<void> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  const { machine, notices } = stateOf(vm)
  const { by } = job.operation.input
  await requireOff(vm, driver)
  const held = await driver.variables(machine)
  if (held === null) throw new Error(`${vm.id} has no keys in its firmware`)
  await job.tell(20, 'adding certificates and revocations, and foretelling the next boot')
  const { more } = keyUpdateFor(firmwareKeysIn(held))
  const keys = await driver.addFirmwareKeys(await planOf(vm), more, job.signal)
  const time = now()
  const updater = { by: String(by), request: job.operation.correlationId, time }
  await job.under((tables) => approveWithKeys(tables, vm, keys, updater))
  const message = `The keys of its firmware were updated at ${new Date(time).toISOString()} by ${by}.`
  const others = notices.filter(({ code }) => code !== KEYS_UPDATED)
  const notice = { code: KEYS_UPDATED, level: 'Info', message } as const
  await vmJob.note({ notices: [...others, notice] }, 'Succeeded')
}
