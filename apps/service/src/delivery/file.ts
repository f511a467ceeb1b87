import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type AlertEvent, ocsfOf } from '@trusted-launch/posture'
import type { FileDestination } from '../domain/destinations.ts'
import { DeliveryError } from './errors.ts'

/** Who reads it moves it away before: it is opened anew for each line. */
const FILE_BYTES_MAX = 1024 ** 3
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants

/** A line of JSON at the end of a file, on the disk when it resolves. @throws {DeliveryError} */
export async function appendToFile(
  { file }: FileDestination,
  event: AlertEvent,
  folder: string | null,
): Promise<void> {
  if (folder === null)
    throw new DeliveryError(
      'receiver-not-allowed',
      'no folder is for files of alerts: tl up --alert-files DIR names one',
    )
  try {
    await append(join(folder, file), `${JSON.stringify(ocsfOf(event))}\n`)
  } catch (cause) {
    if (cause instanceof DeliveryError) throw cause
    throw new DeliveryError('receiver-unreachable', (cause as Error).message, { cause })
  }
}

async function append(path: string, line: string): Promise<void> {
  // A pipe or a link that somebody put there is none of ours.
  const handle = await open(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY, 0o640)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new DeliveryError('receiver-unreachable', 'it is no file')
    if (found.size > FILE_BYTES_MAX)
      throw new DeliveryError(
        'receiver-unreachable',
        `it has more than ${FILE_BYTES_MAX} bytes: move it away`,
      )
    await handle.writeFile(line)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
