import { ArmError } from '@trusted-launch/api'
import type { Tables } from '../store.ts'
import { DISK } from './disk-row.ts'

/**
 * Disks take room as they are written to: were more promised than there is, what guests write would take it from all
 * others, the control plane's own database too. So nothing more is promised than that. @throws {ArmError} `AllocationFailed`
 */
export async function requireDiskRoom(
  tables: Pick<Tables, 'resources'>,
  hostGib: number,
  moreGib: number,
): Promise<void> {
  if (moreGib > 0) requireWithin(await promisedGib(tables), hostGib, moreGib)
}

/** The same of a change that writes the disks' rows itself. Part of a transaction. @throws {ArmError} `AllocationFailed` */
export async function withDiskRoom<T>(
  tables: Pick<Tables, 'resources'>,
  hostGib: () => number,
  change: () => Promise<T>,
): Promise<T> {
  const before = await promisedGib(tables)
  const changed = await change()
  const moreGib = (await promisedGib(tables)) - before
  if (moreGib > 0) requireWithin(before, hostGib(), moreGib)
  return changed
}

function promisedGib({ resources }: Pick<Tables, 'resources'>): Promise<number> {
  return resources.sum(DISK, 'diskSizeGB')
}

function requireWithin(promised: number, hostGib: number, moreGib: number): void {
  if (promised + moreGib <= hostGib) return
  throw new ArmError({
    status: 409,
    code: 'AllocationFailed',
    message: `Allocation failed. This host has not enough room for disks: ${moreGib} GiB are needed, and ${promised} GiB of ${hostGib} GiB are promised to others.`,
    target: 'diskSizeGB',
  })
}
