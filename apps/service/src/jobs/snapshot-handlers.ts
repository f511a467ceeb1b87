import { ArmError, faults } from '@trusted-launch/api'
import type { SnapshotDriver, SnapshotSource } from '../domain/host/snapshots.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import { holderOf, isSnapshotId } from '../domain/snapshot/snapshot.ts'
import type { Resource } from '../domain/store.ts'
import { textAt } from '../domain/vm/vm.ts'
import { followed } from './followed.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/** What is done for snapshots. One that cannot be taken leaves nothing behind. */
export function snapshotHandlers(
  driver: SnapshotDriver,
  now: () => number,
): Record<string, Handler> {
  return {
    'snapshot.take': (job) => take(driver, now, job),
    'snapshot.delete': (job) => remove(driver, job),
  }
}

async function take(driver: SnapshotDriver, now: () => number, job: Job): Promise<undefined> {
  const snapshot = await there(job)
  if (snapshot?.provisioningState !== 'Creating') return undefined
  try {
    const taken = await followed(job, async (tell, signal) =>
      driver.takeSnapshot({ id: snapshot.id, source: await sourceOf(job, snapshot) }, tell, signal),
    )
    await job.under(async ({ resources }) => {
      // Its tags may have been changed meanwhile.
      const row = (await resources.get(snapshot.id)) ?? snapshot
      const state = { ...row.state, ...taken }
      await resources.update(row.id, { state, provisioningState: 'Succeeded' }, now())
    })
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) {
      await driver.deleteSnapshot(snapshot.id)
      await job.under((tables) => removeWhole(tables, snapshot.id))
    }
    throw error
  }
  return undefined
}

/** As it is when it is copied: its VM may have let it go since the snapshot was asked for. @throws {ArmError} it is gone. */
async function sourceOf({ under }: Job, { properties }: Resource): Promise<SnapshotSource> {
  const id = textAt(properties, 'creationData', 'sourceResourceId')!
  if (isSnapshotId(id)) return { kind: 'snapshot', id }
  return under(async (tables) => {
    const disk = await tables.resources.get(id)
    if (disk === null) throw new ArmError(faults.resourceNotFound(id))
    const sizeGib = Number(disk.properties.diskSizeGB ?? 0)
    return { kind: 'disk', id, sizeGib, holder: await holderOf(tables, disk) }
  })
}

async function remove(driver: SnapshotDriver, job: Job): Promise<undefined> {
  const snapshot = await there(job)
  if (snapshot?.provisioningState !== 'Deleting') return undefined
  await driver.deleteSnapshot(snapshot.id)
  await job.under((tables) => removeWhole(tables, snapshot.id))
  return undefined
}

function there({ operation, under }: Job): Promise<Resource | null> {
  return under(({ resources }) => resources.get(operation.resourceId))
}
