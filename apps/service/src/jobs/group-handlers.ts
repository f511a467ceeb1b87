import { ArmError } from '@trusted-launch/api'
import type { HostDriver } from '../domain/host-driver.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { Resource } from '../domain/store.ts'
import { forgetVm } from '../domain/vm/belongings.ts'
import { DISK } from '../domain/vm/os-disk.ts'
import { stateOf, VM } from '../domain/vm/vm.ts'
import type { Handler, Job } from './worker.ts'

/** Deletes a group with all that lies in it: VMs first, since others belong to them. */
export function groupHandlers(driver: HostDriver): Record<string, Handler> {
  return {
    'disk.delete': async (job) => {
      const { resourceId } = job.operation
      if (!(await isDeleting(job))) return undefined
      await driver.deleteDisk(resourceId)
      await job.under((tables) => removeWhole(tables, resourceId))
      return undefined
    },
    'group.delete': async (job) => {
      const { resourceId } = job.operation
      if (!(await isDeleting(job))) return undefined
      const within = await job.under(({ resources }) => resources.below(resourceId, 1000))
      const vms = within.filter(({ type }) => type === VM)
      for (const [i, vm] of vms.entries()) {
        await job.tell(Math.round((90 * i) / vms.length), `removing ${vm.name}`)
        await removeVm(driver, vm)
      }
      for (const { id, type } of within) if (type === DISK) await driver.deleteDisk(id)
      await job.under(async (tables) => {
        const { resources } = tables
        for (const vm of vms) await forgetVm(tables, stateOf(vm).vmId)
        for (const { id } of within) await resources.delete(id)
        if ((await resources.below(resourceId, 1)).length > 0)
          throw new ArmError({
            status: 409,
            code: 'ResourceGroupDeletionTimeout',
            message: 'Something was made in the group meanwhile. Delete it again.',
          })
        await resources.delete(resourceId)
      })
      return undefined
    },
  }
}

/** Done again after it was done: what has its name by now is another one, and stays. */
async function isDeleting({ operation, under }: Job): Promise<boolean> {
  const found = await under(({ resources }) => resources.get(operation.resourceId))
  return found?.provisioningState === 'Deleting'
}

async function removeVm(driver: HostDriver, vm: Resource): Promise<void> {
  await driver.delete(stateOf(vm).machine)
}
