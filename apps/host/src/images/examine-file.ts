import { Worker } from 'node:worker_threads'
import type { Examination } from '@trusted-launch/bootchain'
import { formatSecureBootTemplate, type SecureBootTemplate } from '@trusted-launch/uefi'
import { ImageError } from './errors.ts'

/** What an image is examined with: its file, and the keys its VMs are to have. */
export interface ExamineWork {
  readonly path: string
  readonly format: 'raw' | 'qcow2'
  /** As JSON has it. */
  readonly signatures: unknown
}

const LIMIT_MS = 60_000
const HEAP_MIB = 512

/**
 * What somebody's image is good for, looked at in a thread with a limit of time and memory: see `examineImage`.
 * @throws {ImageError} `image-unreadable`: it is no disk image, or looking at it takes more than that.
 * The signal's reason: it came first.
 */
export function examineFile(
  path: string,
  format: 'raw' | 'qcow2',
  signatures: SecureBootTemplate,
  signal?: AbortSignal,
): Promise<Examination> {
  const workerData: ExamineWork = { path, format, signatures: formatSecureBootTemplate(signatures) }
  const worker = new Worker(new URL('examine-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  })
  return new Promise((resolve, reject) => {
    const end = () => void worker.terminate()
    const timer = setTimeout(end, LIMIT_MS)
    if (signal?.aborted) end()
    signal?.addEventListener('abort', end)
    let told = () => reject(unreadable(path, 'it takes too long to look at'))
    worker.once('message', ({ examination, fault }) => {
      told = () =>
        fault === undefined ? resolve(examination) : reject(unreadable(path, String(fault)))
    })
    worker.once('error', (cause) => {
      const isMemory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
      const why = isMemory
        ? 'it takes too much memory to look at'
        : `looking at it failed: ${cause}`
      told = () => reject(unreadable(path, why, cause))
    })
    worker.once('exit', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      if (signal?.aborted) reject(signal.reason)
      else told()
    })
  })
}

function unreadable(path: string, why: string, cause?: unknown): ImageError {
  return new ImageError('image-unreadable', `${path} is no disk image that can be taken: ${why}`, {
    cause,
  })
}
