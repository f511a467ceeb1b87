import { removeWhole } from '../../domain/remove-whole.ts'
import type { Resource } from '../../domain/store.ts'
import { ownDiskOf, takesDisk } from '../../domain/vm/attached-disk.ts'
import { disksMadeFor, forgetVm, releaseUnmade } from '../../domain/vm/belongings.ts'
import { dataDisksOf } from '../../domain/vm/data-disks.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import { madeImageOf } from '../../domain/vm/vm-image.ts'
import { endIfCancelled, followed } from '../followed.ts'
import { isOurs } from '../worker.ts'
import type { VmGround, VmJob } from './vm-job.ts'

/** A creation that fails before its first boot leaves nothing behind; one whose boot was refused stays. */
export async function create(vmJob: VmJob, ground: VmGround): Promise<void> {
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
