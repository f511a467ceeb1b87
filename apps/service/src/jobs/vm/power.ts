import type { Resource } from '../../domain/store.ts'
import { generationOf, stateOf, type VmState } from '../../domain/vm/vm.ts'
import type { VmJob } from './vm-job.ts'

export async function start(vmJob: VmJob): Promise<void> {
  const vm = await vmJob.require()
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

export async function stop(vmJob: VmJob, end: 'stopped' | 'deallocated'): Promise<void> {
  const vm = await vmJob.require()
  const { machine, power } = stateOf(vm)
  // What is deallocated is off, and stays what it is.
  if (end === 'stopped' && power === 'deallocated') return vmJob.note({}, 'Succeeded')
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
export async function drain(vmJob: VmJob): Promise<void> {
  const { machine, power } = stateOf(await vmJob.require())
  if (power !== 'running') return
  await vmJob.power('stopping')
  await vmJob.driver.stop(machine, { graceful: true })
  await vmJob.note({ power: 'stopped', drained: true }, 'Succeeded')
}

export async function restart(vmJob: VmJob): Promise<void> {
  const vm = await vmJob.require()
  const { machine } = stateOf(vm)
  await vmJob.job.tell(20, 'restarting')
  await vmJob.driver.stop(machine, { graceful: true })
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}

/** There is one host: it goes off and on again. */
export async function redeploy(vmJob: VmJob): Promise<void> {
  const vm = await vmJob.require()
  await vmJob.driver.stop(stateOf(vm).machine, { graceful: true })
  await vmJob.boot(vm)
  await vmJob.note({}, 'Succeeded')
}
