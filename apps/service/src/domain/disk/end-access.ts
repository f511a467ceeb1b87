import { everyOf } from '../every-of.ts'
import { enqueueOwnOf } from '../own-operation.ts'
import { DISK_POINT } from '../snapshot/restore-point.ts'
import type { Resource, Store, Tables } from '../store.ts'
import { DISK } from '../vm/disk-row.ts'
import { accessOf, isOpen } from './access.ts'
import { isForgotten } from './upload.ts'

/** What was copied to be read, and is read by nobody any more, goes; so does a disk whose bytes nobody sent for a day. */
export async function endAccess(
  store: Pick<Store, 'resources' | 'transaction'>,
  host: string,
  now: number,
): Promise<void> {
  for (const type of [DISK, DISK_POINT])
    for await (const { id } of everyOf(store, { type }))
      await store.transaction(async (tables) => {
        const disk = await tables.resources.get(id)
        if (disk !== null) await endOf(tables, host, disk, now)
      })
}

async function endOf(tables: Tables, host: string, disk: Resource, now: number): Promise<void> {
  const caller = 'control plane'
  if (isForgotten(disk, now)) {
    await tables.resources.update(disk.id, { provisioningState: 'Deleting' }, now)
    await enqueueOwnOf(tables, disk, { kind: 'disk.delete', action: 'delete', caller, host }, now)
    return
  }
  const access = accessOf(disk)
  if (access === null || access.level !== 'Read' || isOpen(access, now)) return
  if (disk.provisioningState === 'Deleting') return
  const action = 'endGetAccess/action'
  await enqueueOwnOf(tables, disk, { kind: 'disk.revoke', action, caller, host }, now)
}
