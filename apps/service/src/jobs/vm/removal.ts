import { removeWhole } from '../../domain/remove-whole.ts'
import { ownDiskThatStays } from '../../domain/vm/attached-disk.ts'
import { disksThatGo, forgetVm, release } from '../../domain/vm/belongings.ts'
import { stateOf, textAt } from '../../domain/vm/vm.ts'
import { stop } from './power.ts'
import type { VmGround, VmJob } from './vm-job.ts'

export async function remove(vmJob: VmJob, { now, networks }: VmGround): Promise<void> {
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

/** A spot VM goes off, or goes altogether, as its policy says. */
export async function evict(vmJob: VmJob, ground: VmGround): Promise<void> {
  const { properties } = await vmJob.require()
  if (textAt(properties, 'evictionPolicy') === 'Delete') await remove(vmJob, ground)
  else await stop(vmJob, 'deallocated')
}
