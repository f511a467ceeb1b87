import { ArmError, faults } from '@trusted-launch/api'
import { type Access, accessOf, copyOf, isOpen, withAccess } from '../domain/disk/access.ts'
import type { SnapshotDriver, SnapshotSource } from '../domain/host/snapshots.ts'
import { DISK_POINT, requirePointDisk } from '../domain/snapshot/restore-point.ts'
import { holderOf } from '../domain/snapshot/snapshot.ts'
import type { JsonObject, Resource } from '../domain/store.ts'
import { followed } from './followed.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/**
 * What may be read of a disk is a copy, as a snapshot is: the disk goes on being used, and what is read stays as it
 * is. So is what is read of a disk of a restore point, which lies sealed. One that cannot be made leaves nothing.
 */
export function diskAccessHandlers(
  driver: SnapshotDriver,
  now: () => number,
): Record<string, Handler> {
  return {
    'disk.grant': (job) => grant(driver, now, job),
    'disk.revoke': (job) => revoke(driver, now, job),
  }
}

async function grant(
  driver: SnapshotDriver,
  now: () => number,
  job: Job,
): Promise<JsonObject | undefined> {
  const { resourceId, input } = job.operation
  const disk = await job.under(({ resources }) => resources.get(resourceId))
  const access = disk === null ? null : accessOf(disk)
  if (disk === null || access === null || access.id !== input.access || !isOpen(access, now()))
    throw new ArmError(faults.operationNotAllowed('The access was ended before it began.'))
  if (!access.isReady) {
    try {
      const source = await sourceOf(job, disk)
      await followed(job, (tell, signal) =>
        driver.takeSnapshot({ id: copyOf(disk.id), source }, tell, signal),
      )
      await put(job, disk.id, now, (former) => ({ ...former, isReady: true }))
    } catch (error) {
      if (!job.signal.aborted && !isOurs(error)) {
        await driver.deleteSnapshot(copyOf(disk.id))
        await put(job, disk.id, now, () => null)
      }
      throw error
    }
  }
  return input.addresses as JsonObject
}

async function sourceOf({ under }: Job, { id, type, properties }: Resource) {
  const sizeGib = Number(properties.diskSizeGB ?? 0)
  return under(async (tables): Promise<SnapshotSource> => {
    if (type === DISK_POINT) {
      const { point, disk } = await requirePointDisk(tables, id)
      return { kind: 'restorePoint', id: point.point, lun: disk.lun }
    }
    const row = await tables.resources.get(id)
    const holder = row === null ? null : await holderOf(tables, row)
    return { kind: 'disk', id, sizeGib, holder }
  })
}

/** The copy goes, then what is known of it: a new access may have been asked for meanwhile, and makes its own. */
async function revoke(driver: SnapshotDriver, now: () => number, job: Job): Promise<undefined> {
  const { resourceId } = job.operation
  const disk = await job.under(({ resources }) => resources.get(resourceId))
  const access = disk === null ? null : accessOf(disk)
  if (access === null || access.level !== 'Read' || isOpen(access, now())) return undefined
  await driver.deleteSnapshot(copyOf(resourceId))
  await put(job, resourceId, now, (former) => (former.id === access.id ? null : former))
  return undefined
}

/** What else was changed of the disk meanwhile stays; of a disk of a restore point there is nothing else. */
async function put(
  job: Job,
  id: string,
  now: () => number,
  change: (access: Access) => Access | null,
): Promise<void> {
  await job.under(async ({ resources }) => {
    const row = await resources.get(id)
    const access = row === null ? null : accessOf(row)
    if (row === null || access === null) return
    const after = change(access)
    if (after === null && row.type === DISK_POINT) await resources.delete(id)
    else await resources.update(id, { state: withAccess(row.state, after) }, now())
  })
}
