import { parentPort, workerData } from 'node:worker_threads'
import { encodeReferenceValues } from '@trusted-launch/attestation'
import { BootChainError, predictBoots } from '@trusted-launch/bootchain'
import { MalformedError } from '@trusted-launch/codec'
import { openDiskFile } from '@trusted-launch/host'
import type { ForetellWork } from './foretell.ts'

const { file, ...input } = workerData as ForetellWork
try {
  const disk = openDiskFile(file.path, file.format)
  const values = encodeReferenceValues({ version: 2, variants: predictBoots({ ...input, disk }) })
  disk.close()
  parentPort!.postMessage({ values })
} catch (e) {
  if (!(e instanceof BootChainError || e instanceof MalformedError)) throw e
  parentPort!.postMessage({ fault: e.message })
}
