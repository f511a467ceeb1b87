import type { HostDriver } from '../domain/host-driver.ts'
import { IMAGE_TYPES } from '../domain/image/image.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import { SCALE_SET, scaleSetOf } from '../domain/scale-set/scale-set.ts'
import { forgetSecrets } from '../domain/scale-set/scale-set-rules.ts'
import { COLLECTION } from '../domain/snapshot/restore-point.ts'
import { SNAPSHOT } from '../domain/snapshot/snapshot.ts'
import { ownDiskThatStays } from '../domain/vm/attached-disk.ts'
import { disksThatGo, forgetVm, release } from '../domain/vm/belongings.ts'
import { DISK } from '../domain/vm/disk-row.ts'
import { MACHINE_TYPES, stateOf } from '../domain/vm/vm.ts'
import { removeImage } from './remove-image.ts'
import { removeAll } from './restore-point-handlers.ts'
import type { Handler, Job } from './worker.ts'

const DISKS = 100
const ROWS = 1_000

/** Deletes a group with all that lies in it: VMs first, since others belong to them. */
export function groupHandlers(driver: HostDriver, now: () => number): Record<string, Handler> {
  return {
    'disk.delete': async (job) => {
      const { resourceId } = job.operation
      if (!(await isDeleting(job))) return undefined
      await driver.deleteDisk(resourceId)
      await job.under((tables) => removeWhole(tables, resourceId))
      return undefined
    },
    'group.delete': async (job) => {
      if (!(await isDeleting(job))) return undefined
      for (const type of MACHINE_TYPES) await removeVms(driver, now, job, type)
      await removeFiles(job, DISK, (id) => driver.deleteDisk(id))
      await removeFiles(job, SNAPSHOT, (id) => driver.deleteSnapshot(id))
      await removePoints(driver, job)
      for (const type of IMAGE_TYPES) await removeImages(driver, job, type)
      await removeRest(job)
      return undefined
    },
  }
}

/** VMs one by one: what was done is not done again by who takes over. What they have of other groups is free again, or goes with them. */
async function removeVms(
  driver: HostDriver,
  now: () => number,
  job: Job,
  type: string,
): Promise<void> {
  const query = await within(job, type)
  const all = await job.under(({ resources }) => resources.count(query))
  for (let done = 0; ; done++) {
    const [vm] = await job.under(({ resources }) => resources.list({ ...query, limit: 1 }))
    if (vm === undefined) return
    await job.tell(Math.min(90, Math.round((90 * done) / all)), `removing ${vm.name}`)
    await driver.delete(stateOf(vm).machine, ownDiskThatStays(vm))
    for (const id of disksThatGo(vm)) await driver.deleteDisk(id)
    await job.under(async (tables) => {
      await forgetVm(tables, vm)
      await release(tables, vm, now())
      await removeWhole(tables, vm.id)
    })
  }
}

/** Their files before their rows: of a file that no row names nobody would know. */
async function removeFiles(
  job: Job,
  type: string,
  remove: (id: string) => Promise<void>,
): Promise<void> {
  const query = await within(job, type)
  for (;;) {
    const disks = await job.under(({ resources }) => resources.list({ ...query, limit: DISKS }))
    for (const { id } of disks) await remove(id)
    await job.under(async (tables) => {
      for (const { id } of disks) await removeWhole(tables, id)
    })
    if (disks.length < DISKS) return
  }
}

async function removePoints(driver: HostDriver, job: Job): Promise<void> {
  const query = await within(job, COLLECTION)
  for (;;) {
    const [one] = await job.under(({ resources }) => resources.list({ ...query, limit: 1 }))
    if (one === undefined) return
    await removeAll(driver, job, one.id)
    await job.under((tables) => removeWhole(tables, one.id))
  }
}

/** Their bytes go where nothing outside of the group is made of them. */
async function removeImages(driver: HostDriver, job: Job, type: string): Promise<void> {
  const query = await within(job, type)
  for (;;) {
    const [image] = await job.under(({ resources }) => resources.list({ ...query, limit: 1 }))
    if (image === undefined) return
    await removeImage(driver, job, image)
  }
}

/** A thousand at a time, so that others get their turn between; the group with the last of them. */
async function removeRest({ operation, under }: Job): Promise<void> {
  for (let isOver = false; !isOver; )
    isOver = await under(async (tables) => {
      const { resources } = tables
      const rest = await resources.below(operation.resourceId, ROWS)
      for (const one of rest) {
        if (one.type === SCALE_SET) await forgetSecrets(tables, scaleSetOf(one).state.uniqueId)
        await resources.delete(one.id)
      }
      if (rest.length === ROWS) return false
      return resources.delete(operation.resourceId)
    })
}

/** Those of a type in the group that is to go. */
async function within({ operation, under }: Job, type: string) {
  const group = await under(({ resources }) => resources.get(operation.resourceId))
  return { type, subscriptionId: group!.subscriptionId, resourceGroup: group!.resourceGroup! }
}

/** Done again after it was done: what has its name by now is another one, and stays. */
async function isDeleting({ operation, under }: Job): Promise<boolean> {
  const found = await under(({ resources }) => resources.get(operation.resourceId))
  return found?.provisioningState === 'Deleting'
}
