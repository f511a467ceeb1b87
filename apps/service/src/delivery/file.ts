import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keyOf } from '@trusted-launch/api'
import { type AlertEvent, ocsfOf } from '@trusted-launch/posture'
import type { FileDestination } from '../domain/destinations.ts'
import { DeliveryError } from './errors.ts'

/** A file that is this large is moved to `NAME.1`, that one to `NAME.2`, and so on; the oldest goes. */
const FILE_BYTES_MAX = 16 << 20
const FORMER_MAX = 4
/** What the files of one subscription take together at most. */
const FOLDER_BYTES_MAX = 1024 ** 3
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants

/**
 * A line of JSON at the end of a file, on the disk when it resolves. Each subscription has a folder of its own: none
 * writes into another's files, nor takes its room.
 * @param folder for all of them, the operator's; null: there is none. @throws {DeliveryError}
 */
export async function appendToFile(
  { file }: FileDestination,
  subscriptionId: string,
  event: AlertEvent,
  folder: string | null,
): Promise<void> {
  if (folder === null)
    throw new DeliveryError(
      'receiver-not-allowed',
      'no folder is for files of alerts: tl up --alert-files DIR names one',
    )
  try {
    const own = join(folder, keyOf(subscriptionId))
    await mkdir(own, { recursive: true, mode: 0o750 })
    await append(own, file, `${JSON.stringify(ocsfOf(event))}\n`)
  } catch (cause) {
    if (cause instanceof DeliveryError) throw cause
    throw new DeliveryError('receiver-unreachable', (cause as Error).message, { cause })
  }
}

async function append(folder: string, file: string, line: string): Promise<void> {
  const path = join(folder, file)
  const before = await sizeOf(path)
  if (before === null || before > FILE_BYTES_MAX) await requireRoom(folder)
  if (before !== null && before > FILE_BYTES_MAX) await rotate(path)
  // A pipe or a link that somebody put there is none of ours. Who reads it may move it away: it is opened for each line.
  const handle = await open(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY, 0o640)
  try {
    if (!(await handle.stat()).isFile())
      throw new DeliveryError('receiver-unreachable', 'it is no file')
    await handle.writeFile(line)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Null: there is none. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Each becomes the one before it. */
async function rotate(path: string): Promise<void> {
  await rm(`${path}.${FORMER_MAX}`, { force: true })
  for (let i = FORMER_MAX - 1; i >= 0; i--)
    await rename(i === 0 ? path : `${path}.${i}`, `${path}.${i + 1}`).catch((error) => {
      if (error.code !== 'ENOENT') throw error
    })
}

/** Names that are written no more keep their files. @throws {DeliveryError} */
async function requireRoom(folder: string): Promise<void> {
  let bytes = 0
  for (const name of await readdir(folder)) bytes += (await sizeOf(join(folder, name))) ?? 0
  if (bytes + FILE_BYTES_MAX <= FOLDER_BYTES_MAX) return
  throw new DeliveryError(
    'receiver-unreachable',
    `the files of this subscription have more than ${FOLDER_BYTES_MAX} bytes: the operator moves some of them away`,
  )
}
