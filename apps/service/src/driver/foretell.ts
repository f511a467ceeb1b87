import { Worker } from 'node:worker_threads'
import type { PredictInput } from '@trusted-launch/bootchain'
import type { Image } from '@trusted-launch/host'

/** What a boot is foretold from. */
export interface ForetellWork extends Omit<PredictInput, 'disk'> {
  readonly file: Pick<Image, 'path' | 'format'>
}

/** The disk is one that nothing can be foretold of. */
export class Unforetold extends Error {}

const LIMIT_MS = 60_000
const HEAP_MIB = 512

/**
 * Reference values of a boot, as kept: in a thread with a limit of time and memory, since a disk takes half a second
 * to read and may be somebody else's. @throws {Unforetold} @throws the signal's reason.
 */
export function foretell(workerData: ForetellWork, signal: AbortSignal): Promise<Uint8Array> {
  const worker = new Worker(new URL('foretell-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  })
  return new Promise((resolve, reject) => {
    const end = () => void worker.terminate()
    const timer = setTimeout(end, LIMIT_MS)
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    let told = () => reject(new Unforetold('it takes too long to foretell'))
    worker.once('message', ({ values, fault }) => {
      told = () => (fault === undefined ? resolve(values) : reject(new Unforetold(String(fault))))
    })
    worker.once('error', (error) => {
      told = () => reject(error)
    })
    worker.once('exit', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else told()
    })
  })
}
