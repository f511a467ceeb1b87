import { copyOf } from '../domain/disk/access.ts'
import type { RestorePointDriver } from '../domain/host/restore-points.ts'
import type { SnapshotDriver } from '../domain/host/snapshots.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import { POINT, pointStateOf } from '../domain/snapshot/restore-point.ts'
import type { Resource } from '../domain/store.ts'
import { followed } from './followed.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

type Driver = RestorePointDriver & Pick<SnapshotDriver, 'deleteSnapshot'>

/** What is done for restore points. One that cannot be taken leaves nothing behind. */
export function restorePointHandlers(driver: Driver, now: () => number): Record<string, Handler> {
  return {
    'restorePoint.take': (job) => take(driver, now, job),
    'restorePoint.delete': async (job) => {
      const point = await there(job)
      if (point?.provisioningState === 'Deleting') await remove(driver, job, point)
      return undefined
    },
    'restorePointCollection.delete': async (job) => {
      const collection = await there(job)
      if (collection?.provisioningState !== 'Deleting') return undefined
      await removeAll(driver, job, collection.id)
      await job.under((tables) => removeWhole(tables, collection.id))
      return undefined
    },
  }
}

async function take(driver: Driver, now: () => number, job: Job): Promise<undefined> {
  const row = await there(job)
  if (row?.provisioningState !== 'Creating') return undefined
  const { point, machine, disks } = pointStateOf(row)
  try {
    const luns = disks.map(({ lun }) => lun)
    const taken = await followed(job, (tell, signal) =>
      driver.takeRestorePoint({ point, machine, luns }, tell, signal),
    )
    await job.under(({ resources }) => {
      const state = { ...row.state, ...taken }
      return resources.update(row.id, { state, provisioningState: 'Succeeded' }, now())
    })
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) await remove(driver, job, row)
    throw error
  }
  return undefined
}

/** Those of a collection, one by one: what was done is not done again by who takes over. */
export async function removeAll(driver: Driver, job: Job, parentId: string): Promise<void> {
  for (;;) {
    const [row] = await job.under(({ resources }) =>
      resources.list({ type: POINT, parentId, limit: 1 }),
    )
    if (row === undefined) return
    await remove(driver, job, row)
  }
}

async function remove(driver: Driver, job: Job, row: Resource): Promise<void> {
  const { point, disks } = pointStateOf(row)
  for (const { name } of disks)
    await driver.deleteSnapshot(copyOf(`${row.id}/diskRestorePoints/${name}`))
  await driver.deleteRestorePoint(point)
  await job.under((tables) => removeWhole(tables, row.id))
}

function there({ operation, under }: Job): Promise<Resource | null> {
  return under(({ resources }) => resources.get(operation.resourceId))
}
