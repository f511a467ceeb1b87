import { ArmError, faults } from '@trusted-launch/api'
import type { JsonObject } from '../../domain/store.ts'
import { stateOf, textAt } from '../../domain/vm/vm.ts'
import { Cancelled, type Handler, isOurs } from '../worker.ts'
import { attachDetach, reimage, update, upgrade } from './change.ts'
import { create } from './creation.ts'
import { drain, redeploy, restart, start, stop } from './power.ts'
import { evict, remove } from './removal.ts'
import { runCommand } from './run-command.ts'
import { type VmGround, VmJob } from './vm-job.ts'
import { putBack, updateKeys } from './while-off.ts'

/** What each kind of VM operation does. All may be done again from the beginning; a command says that it was. */
export function vmHandlers(ground: VmGround): Record<string, Handler> {
  const on =
    (work: (vm: VmJob) => Promise<JsonObject> | Promise<void>): Handler =>
    async (job) => {
      const vm = new VmJob(job, ground)
      try {
        return (await work(vm)) || undefined
      } catch (error) {
        if (error instanceof Cancelled) await vm.noteUndone()
        else if (!job.signal.aborted && !isOurs(error)) await vm.noteFailed()
        throw error
      }
    }
  return {
    'vm.create': on((vm) => create(vm, ground)),
    'vm.update': on(update),
    'vm.updateAndRestart': on(update),
    'vm.attachDetachDataDisks': on(attachDetach),
    'vm.start': on(start),
    'vm.powerOff': on((vm) => stop(vm, 'stopped')),
    'vm.drain': on(drain),
    'vm.deallocate': on((vm) => stop(vm, 'deallocated')),
    'vm.restart': on(restart),
    'vm.redeploy': on(redeploy),
    'vm.reapply': on(update),
    'vm.reimage': on((vm) => reimage(vm, ground)),
    'vm.upgrade': on((vm) => upgrade(vm, ground)),
    'vm.restore': on((vm) => putBack(vm, ground)),
    'vm.updateKeys': on((vm) => updateKeys(vm, ground)),
    'vm.delete': on((vm) => remove(vm, ground)),
    'vm.simulateEviction': on((vm) => evict(vm, ground)),
    'vm.runCommand': runCommand(ground),
    'vm.isolate': (job) => setIsolated(new VmJob(job, ground), ground, true),
    'vm.connect': (job) => setIsolated(new VmJob(job, ground), ground, false),
    'vm.attest': (job) => attestNow(new VmJob(job, ground), ground),
  }
}

/** No network, or the network again; nothing else of the VM changes. */
async function setIsolated(vmJob: VmJob, { now }: VmGround, isolated: boolean): Promise<undefined> {
  const { machine } = stateOf(await vmJob.require())
  await vmJob.driver.setIsolated(machine, isolated)
  const by = textAt(vmJob.job.operation.input, 'by') ?? '-'
  await vmJob.note({ isolated: isolated ? { by, at: now() } : null })
}

/** Evidence anew, of a VM that runs; nothing of the VM changes. */
async function attestNow(vmJob: VmJob, ground: VmGround): Promise<JsonObject> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  if ((await driver.power(stateOf(vm).machine)) !== 'running')
    throw new ArmError(faults.operationNotAllowed(`The virtual machine '${vm.name}' does not run.`))
  await job.tell(30, 'asking the guest for evidence')
  const attested = await ground.attest(vm, job)
  if (attested !== null) return { ...attested }
  throw new ArmError(
    faults.operationNotAllowed(
      `The virtual machine '${vm.name}' has no vTPM to prove its boot with.`,
    ),
  )
}
