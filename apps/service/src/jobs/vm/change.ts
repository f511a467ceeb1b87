import type { JsonObject } from '../../domain/store.ts'
import { at, stateOf } from '../../domain/vm/vm.ts'
import { endIfCancelled, followed } from '../followed.ts'
import type { VmGround, VmJob } from './vm-job.ts'

/** Brings the host to what is wanted; a VM that runs is restarted for what needs it stopped. */
export async function update(vmJob: VmJob): Promise<void> {
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
export async function attachDetach(vmJob: VmJob): Promise<JsonObject> {
  const vm = await vmJob.require()
  await vmJob.putDataDisks(vm, {}, true)
  await vmJob.note({}, 'Succeeded')
  return at(vm.properties, 'storageProfile') as JsonObject
}

export async function reimage(vmJob: VmJob, ground: VmGround): Promise<void> {
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
export async function upgrade(vmJob: VmJob, ground: VmGround): Promise<void> {
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
