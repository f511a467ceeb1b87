import { ArmError, faults } from '@trusted-launch/api'
import type { MachineDriver } from '../domain/host/machines.ts'
import { approveWithKeys } from '../domain/references/with-keys.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { JsonObject, Resource } from '../domain/store.ts'
import { ownDiskOf, ownDiskThatStays, takesDisk } from '../domain/vm/attached-disk.ts'
import {
  disksMadeFor,
  disksThatGo,
  forgetVm,
  release,
  releaseUnmade,
} from '../domain/vm/belongings.ts'
import { keyUpdateFor } from '../domain/vm/current-keys.ts'
import { dataDisksOf } from '../domain/vm/data-disks.ts'
import { at, generationOf, stateOf, textAt, type VmState } from '../domain/vm/vm.ts'
import { madeImageOf } from '../domain/vm/vm-image.ts'
import { followed } from './followed.ts'
import { isUp } from './is-up.ts'
import { runCommand } from './run-command.ts'
import { type VmGround, VmJob } from './vm-job.ts'
import { Cancelled, type Handler, isOurs, type Job } from './worker.ts'

/** The notice of a VM that is what it was. */
const PUT_BACK = 'TrustedLaunch/PutBack'

/** The notice of a VM whose firmware got keys. */
const KEYS_UPDATED = 'TrustedLaunch/KeysUpdated'

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

/** A creation that fails before its first boot leaves nothing behind; one whose boot was refused stays. */
async function create(vmJob: VmJob, ground: VmGround): Promise<void> {
  const { job, driver } = vmJob
  let vm = await vmJob.withSshPort(await vmJob.require())
  let plan = await ground.planOf(vm)
  try {
    await job.tell(5, `preparing the image ${plan.image}`)
    const { image } = plan
    const prepared = await followed(job, (tell, signal) => driver.prepareImage(image, tell, signal))
    if (prepared !== image) {
      await vmJob.note(madeImageOf(prepared))
      vm = await vmJob.require()
      plan = await ground.planOf(vm)
    }
    await endIfCancelled(job)
    await job.tell(40, 'making the disk, the variable store and the vTPM')
    await driver.create(plan, job.signal)
    await driver.putDataDisks(plan.id, dataDisksOf(vm.properties))
    await endIfCancelled(job)
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) await undo(vmJob, vm, ground)
    throw error
  }
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

/** Until it boots, a creation can be undone; a reimage until its VM is stopped. @throws {Cancelled} */
async function endIfCancelled(job: Job): Promise<void> {
  if (await job.isCancelled()) throw new Cancelled()
}

async function undo({ job, driver }: VmJob, vm: Resource, { now }: VmGround): Promise<void> {
  const { machine } = stateOf(vm)
  // A disk that was there before the VM is there after it, whatever was to become of it.
  await driver.delete(machine, takesDisk(vm.properties) ? ownDiskOf(vm) : null)
  // Their files before their rows: of a file that no row names nobody would know.
  for (const id of await job.under((tables) => disksMadeFor(tables, vm)))
    await driver.deleteDisk(id)
  await job.under(async (tables) => {
    await releaseUnmade(tables, vm, now())
    await forgetVm(tables, vm)
    await removeWhole(tables, vm.id)
  })
}

/** Brings the host to what is wanted; a VM that runs is restarted for what needs it stopped. */
async function update(vmJob: VmJob): Promise<void> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  const { machine, power, unapplied } = stateOf(vm)
  const isOff = power === 'deallocated' || power === 'stopped'
  // Only a worker that was cut off in the middle of it leaves it starting.
  const isRestart = power === 'starting' || (!isOff && unapplied?.restart === true)
  if (isRestart) {
    await job.tell(20, 'restarting to apply the change')
    await driver.stop(machine, { graceful: true })
  }
  if (isRestart || isOff) await vmJob.change(vm)
  await vmJob.putDataDisks(vm, isRestart ? { power: 'starting' } : {})
  if (isRestart) await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

/** @returns `storageProfile`, as clients wait for it. */
async function attachDetach(vmJob: VmJob): Promise<JsonObject> {
  const vm = await vmJob.require()
  await vmJob.putDataDisks(vm, {}, true)
  await vmJob.note({}, 'Succeeded')
  return at(vm.properties, 'storageProfile') as JsonObject
}

async function start(vmJob: VmJob): Promise<void> {
  const vm = await vmJob.require()
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

async function stop(vmJob: VmJob, end: 'stopped' | 'deallocated'): Promise<void> {
  const vm = await vmJob.require()
  const { machine } = stateOf(vm)
  const graceful = vmJob.job.operation.input.skipShutdown !== true
  await vmJob.power(end === 'stopped' ? 'stopping' : 'deallocating')
  await vmJob.driver.stop(machine, { graceful })
  await vmJob.note({ power: end, failure: null, ...(await lacksOf(vmJob, vm)) }, 'Succeeded')
}

/** What keeps a VM of generation 1 from becoming one of 2, as its disk is now: rules read it. */
async function lacksOf({ driver }: VmJob, vm: Resource): Promise<Pick<VmState, 'lacks'>> {
  if (generationOf(vm) === 'V2') return {}
  return { lacks: await driver.lacksForUefi(stateOf(vm).machine) }
}

/** It is started again with its host. */
async function drain(vmJob: VmJob): Promise<void> {
  const { machine, power } = stateOf(await vmJob.require())
  if (power !== 'running') return
  await vmJob.power('stopping')
  await vmJob.driver.stop(machine, { graceful: true })
  await vmJob.note({ power: 'stopped', drained: true }, 'Succeeded')
}

/** A spot VM goes off, or goes altogether, as its policy says. */
async function evict(vmJob: VmJob, ground: VmGround): Promise<void> {
  const { properties } = await vmJob.require()
  if (textAt(properties, 'evictionPolicy') === 'Delete') await remove(vmJob, ground)
  else await stop(vmJob, 'deallocated')
}

async function restart(vmJob: VmJob): Promise<void> {
  const vm = await vmJob.require()
  const { machine } = stateOf(vm)
  await vmJob.job.tell(20, 'restarting')
  await vmJob.driver.stop(machine, { graceful: true })
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

/** There is one host: it goes off and on again. */
async function redeploy(vmJob: VmJob): Promise<void> {
  const vm = await vmJob.require()
  await vmJob.driver.stop(stateOf(vm).machine, { graceful: true })
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

async function reimage(vmJob: VmJob, ground: VmGround): Promise<void> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  const { machine, power } = stateOf(vm)
  const plan = await ground.planOf(vm)
  const { image } = plan
  await job.tell(10, `preparing the image ${image}`)
  await followed(job, (tell, signal) => driver.prepareImage(image, tell, signal))
  // From here on it cannot be undone: what the disk held is gone with it.
  await endIfCancelled(job)
  await driver.stop(machine, { graceful: true })
  await job.tell(40, 'a pristine disk')
  await driver.reimage(plan, job.signal)
  if (power === 'running' || power === 'starting') await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

/** An instance as its set's model says: with another disk where that is of another image, or of another security type. */
async function upgrade(vmJob: VmJob, ground: VmGround): Promise<void> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  const { machine, power, scaleSet } = stateOf(vm)
  const plan = await ground.planOf(vm)
  const isStale = scaleSet?.isStale === true
  if (isStale) {
    await job.tell(10, `preparing the image ${plan.image}`)
    const tell = (step: string) => void job.tell(20, step).catch(() => {})
    await driver.prepareImage(plan.image, tell, job.signal)
  }
  await driver.stop(machine, { graceful: true })
  await driver.change(plan, job.signal)
  if (isStale) {
    await driver.reimage(plan, job.signal)
    await vmJob.note({ scaleSet: { ...scaleSet, isStale: false } })
  }
  if (power === 'running' || power === 'starting') await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

/** To a restore point: its disks, variable store and vTPM. It stays off. */
async function putBack(vmJob: VmJob, { now }: VmGround): Promise<void> {
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
async function updateKeys(vmJob: VmJob, { now, planOf }: VmGround): Promise<void> {
  const { driver, job } = vmJob
  const vm = await vmJob.require()
  const { machine, notices } = stateOf(vm)
  const { by } = job.operation.input
  await requireOff(vm, driver)
  const held = await driver.firmwareKeys(machine)
  if (held === null) throw new Error(`${vm.id} has no keys in its firmware`)
  await job.tell(20, 'adding certificates and revocations, and foretelling the next boot')
  const { more } = keyUpdateFor(held)
  const keys = await driver.addFirmwareKeys(await planOf(vm), more, job.signal)
  const time = now()
  const updater = { by: String(by), request: job.operation.correlationId, time }
  await job.under((tables) => approveWithKeys(tables, vm, keys, updater))
  const message = `The keys of its firmware were updated at ${new Date(time).toISOString()} by ${by}.`
  const others = notices.filter(({ code }) => code !== KEYS_UPDATED)
  const notice = { code: KEYS_UPDATED, level: 'Info', message } as const
  await vmJob.note({ notices: [...others, notice] }, 'Succeeded')
}

async function remove(vmJob: VmJob, { now, networks }: VmGround): Promise<void> {
  const { job, driver } = vmJob
  const vm = await vmJob.vm()
  if (vm === null) return
  const { machine } = stateOf(vm)
  const network = await networks.ofVm(vm)
  await job.tell(20, 'removing the VM, its disk and its vTPM')
  await driver.delete(machine, ownDiskThatStays(vm))
  for (const id of disksThatGo(vm)) await driver.deleteDisk(id)
  await job.under(async (tables) => {
    await forgetVm(tables, vm)
    await release(tables, vm, now())
    await removeWhole(tables, vm.id)
  })
  await networks.settle(network)
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
