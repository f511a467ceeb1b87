import { statfs } from 'node:fs/promises'
import { ArmError } from '@trusted-launch/api'

/** What the host keeps for what its VMs write. */
const RESERVE_BYTES = 2 ** 30
const MIB = 2 ** 20

/** What may still be written to the file system of a folder. */
export async function spaceIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.max(0, bavail * bsize - RESERVE_BYTES)
}

/** @throws {ArmError} `AllocationFailed`: before anything is written. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const free = await spaceIn(folder)
  if (bytes <= free) return
  const [needed, left] = [bytes, free].map((each) => Math.ceil(each / MIB))
  throw new ArmError({
    status: 409,
    code: 'AllocationFailed',
    message: `Allocation failed. This host has not enough room: ${needed} MiB of disk are needed, ${left} MiB are free.`,
  })
}
