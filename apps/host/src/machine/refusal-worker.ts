import { parentPort, workerData } from 'node:worker_threads'
import { isRefused } from '@trusted-launch/bootchain'
import { openDiskFile } from '../images/disk-file.ts'
import { boundedDisk } from './bounded-disk.ts'
import type { RefusalWork } from './refusal.ts'

/** What is read of a guest's disk is held outside of the heap, which has its own limit. Debian 12: 25 MiB. */
const READ_BYTES_MAX = 128 << 20

const { component, variables, disk: own, descriptor } = workerData as RefusalWork
const file = openDiskFile(`/proc/self/fd/${descriptor}`, own.format)
const disk = boundedDisk(file, READ_BYTES_MAX)
parentPort!.postMessage(isRefused({ component, disk, variables }))
file.close()
