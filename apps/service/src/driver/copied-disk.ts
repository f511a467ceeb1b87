import { chmod, lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { converted, copied } from '@trusted-launch/host'
import { requireSpace } from './space.ts'

/** What `blocks` of stat(2) counts in. */
const BLOCK_BYTES = 512

/** A disk that nobody writes to. */
export interface CopiedDisk {
  readonly path: string
  readonly format: 'raw' | 'qcow2'
  /** QEMU's account writes to where it lies. */
  readonly isMachines: boolean
}

/**
 * Copies a disk to a file of its own. A raw disk becomes a qcow2 file: what its guest wrote at its beginning is never
 * taken for the kind of file it is.
 * @throws {ArmError} no room. @throws {Error} it is no file of its own.
 */
export async function copyDisk(
  { path, format, isMachines }: CopiedDisk,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const facts = await lstat(path)
  if (isMachines && (!facts.isFile() || facts.nlink !== 1))
    throw new Error(`${path} is no disk of a VM's own`)
  await requireSpace(dirname(to), facts.blocks * BLOCK_BYTES)
  if (format === 'raw') await converted(path, to, signal)
  else await copied(path, to, signal)
  if (!(await lstat(to)).isFile()) throw new Error(`${path} became another file`)
  await chmod(to, 0o600)
}
