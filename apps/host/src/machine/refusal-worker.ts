import { parentPort, workerData } from 'node:worker_threads'
import { isRefused } from '@trusted-launch/bootchain'
import { openDiskFile } from '../images/disk-file.ts'
import type { RefusalWork } from './refusal.ts'

const { component, variables, disk: file, descriptor } = workerData as RefusalWork
const disk = openDiskFile(`/proc/self/fd/${descriptor}`, file.format)
parentPort!.postMessage(isRefused({ component, disk, variables }))
disk.close()
