import { parentPort, workerData } from 'node:worker_threads'
import { examineImage } from '@trusted-launch/bootchain'
import { MalformedError } from '@trusted-launch/codec'
import { databaseOf, parseSecureBootTemplate } from '@trusted-launch/uefi'
import { boundedDisk } from '../machine/bounded-disk.ts'
import { openDiskFile } from './disk-file.ts'
import type { ExamineWork } from './examine-file.ts'

/** A disk of several kernels and file systems: Debian 12 reads 90 MiB. */
const READ_BYTES_MAX = 1 << 30

const { path, format, signatures } = workerData as ExamineWork
try {
  const { db, dbx } = parseSecureBootTemplate(signatures)
  const file = openDiskFile(path, format)
  const disk = boundedDisk(file, READ_BYTES_MAX)
  const policy = { db: databaseOf(db), dbx: databaseOf(dbx) }
  parentPort!.postMessage({ examination: examineImage(disk, policy) })
  file.close()
} catch (e) {
  if (!(e instanceof MalformedError)) throw e
  parentPort!.postMessage({ fault: e.message })
}
