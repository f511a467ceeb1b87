import { ArmError } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import { uploadOf } from '../domain/disk/access.ts'
import {
  type DiskRules,
  diskSource,
  requireCopyable,
  variablesSource,
} from '../domain/disk/disk.ts'
import { uploadBytesIn, uploadStateOf } from '../domain/disk/upload.ts'
import type { DiskDriver, Filling } from '../domain/host/disks.ts'
import type { SnapshotDriver } from '../domain/host/snapshots.ts'
import type { UploadDriver } from '../domain/host/uploads.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { JsonObject, Resource } from '../domain/store.ts'
import { withDiskRoom } from '../domain/vm/disk-room.ts'
import { textAt } from '../domain/vm/vm.ts'
import { diskAccessHandlers } from './disk-access.ts'
import { followed } from './followed.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/** What gives a disk its bytes. */
type DiskDrivers = DiskDriver & UploadDriver & SnapshotDriver

/** What is done for disks. One that cannot be given its bytes leaves nothing behind. */
export function diskHandlers(
  driver: DiskDrivers,
  rules: DiskRules,
  now: () => number,
): Record<string, Handler> {
  return {
    'disk.fill': (job) => fill(driver, rules, now, job),
    ...diskAccessHandlers(driver, now),
  }
}

async function fill(
  driver: DiskDrivers,
  rules: DiskRules,
  now: () => number,
  job: Job,
): Promise<undefined> {
  const { resourceId } = job.operation
  const disk = await job.under(({ resources }) => resources.get(resourceId))
  if (disk === null || disk.provisioningState !== 'Creating') return undefined
  const { id, properties } = disk
  const sent = uploadStateOf(disk)
  if (sent === 'waiting') return undefined
  if (sent === 'taken' && !(await driver.hasUpload(uploadOf(id)))) return waitAgain(job, id, now)
  try {
    const source = diskSource(disk, rules)
    const asked = typeof properties.diskSizeGB === 'number' ? properties.diskSizeGB : null
    const filling: Filling = {
      ...{ diskId: id, source, sizeGib: asked },
      variables: variablesSource(disk, rules),
      isSystem: textAt(properties, 'osType') !== null,
      ...(sent !== null && {
        sent: {
          sha256: textAt(job.operation.input, 'sha256'),
          sizeBytes: uploadBytesIn(properties),
        },
      }),
    }
    const { sizeGib: diskSizeGB, examination } = await followed(job, (tell, signal) =>
      driver.fillDisk(filling, tell, signal),
    )
    // A VM that was started meanwhile wrote to it: half a copy is none.
    if (source.kind === 'disk') await job.under((tables) => requireCopyable(tables, source.id))
    const seen = examination === null ? {} : { examination: plain(examination) }
    await job.under(async (tables) => {
      const { resources } = tables
      // What else was changed of it while it was filled stays.
      const row = (await resources.get(id)) ?? disk
      const grown = Number(row.properties.diskSizeGB ?? 0)
      const change = {
        properties: { ...row.properties, diskSizeGB: Math.max(diskSizeGB, grown) },
        state: { ...withoutUpload(row.state), ...seen },
      }
      await withDiskRoom(tables, rules.diskGib, () =>
        resources.update(id, { ...change, provisioningState: 'Succeeded' }, now()),
      )
    })
    await forgetAll(driver, disk, rules)
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) {
      if (sent === null) await undo(driver, rules, job, disk)
      else {
        await driver.deleteDisk(id)
        await waitAgain(job, id, now)
      }
    }
    throw error
  }
  return undefined
}

/** What was sent was no disk, or nothing was: its bytes may be sent anew. */
async function waitAgain(job: Job, id: string, now: () => number): Promise<undefined> {
  await job.under(async ({ resources }) => {
    const row = await resources.get(id)
    if (row === null) return
    await resources.update(id, { state: { ...row.state, upload: 'waiting' } }, now())
  })
  return undefined
}

function withoutUpload({ upload: _, ...state }: JsonObject): JsonObject {
  return state
}

async function undo(
  driver: DiskDrivers,
  rules: DiskRules,
  job: Job,
  disk: Resource,
): Promise<void> {
  await driver.deleteDisk(disk.id)
  try {
    await forgetAll(driver, disk, rules)
  } catch (error) {
    if (!(error instanceof ArmError)) throw error
  }
  await job.under((tables) => removeWhole(tables, disk.id))
}

async function forgetAll(driver: DiskDrivers, disk: Resource, rules: DiskRules): Promise<void> {
  for (const source of [diskSource(disk, rules), variablesSource(disk, rules)])
    if (source?.kind === 'upload' || source?.kind === 'url') await driver.forgetSource(source)
}

const plain = (examination: Examination) => JSON.parse(JSON.stringify(examination)) as JsonObject
