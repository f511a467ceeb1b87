import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { BootComponent } from './boot-failure.ts'

/** What a violation seen on a console is checked against: the stopped disk and the VM's keys. */
export interface RefusalQuestion {
  readonly component: BootComponent
  readonly disk: { readonly path: string; readonly format: 'raw' | 'qcow2' }
  /** The VM's variable store file. */
  readonly variables: Uint8Array
}

/** The same for the worker, with the disk opened. */
export interface RefusalWork extends RefusalQuestion {
  readonly descriptor: number
}

const LIMIT_MS = 30_000
const HEAP_MIB = 256
let turn: Promise<unknown> = Promise.resolve()
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants

/**
 * Whether the VM's own variables refuse that file of its stopped disk. True: they do. False: they do not.
 * Null: it can't be told (not a file of ours, nothing that decides can be read, or it takes too long).
 *
 * Disk and store are a guest's to write, so they are read in a thread with a limit of time and memory, one
 * at a time: nobody waits but who asks the same.
 */
export function whetherRefused(question: RefusalQuestion): Promise<boolean | null> {
  const answer = turn.then(() => ask(question))
  turn = answer.catch(() => {})
  return answer
}

async function ask(question: RefusalQuestion): Promise<boolean | null> {
  const descriptor = openOwn(question.disk.path)
  if (descriptor === null) return null
  try {
    return await inWorker({ ...question, descriptor })
  } finally {
    closeSync(descriptor)
  }
}

/** Follows no link and waits for nobody: QEMU's account may have put anything there. */
function openOwn(path: string): number | null {
  let descriptor: number
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch {
    return null
  }
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  return null
}

function inWorker(workerData: RefusalWork): Promise<boolean | null> {
  const worker = new Worker(new URL('refusal-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  })
  return new Promise((resolve) => {
    const timer = setTimeout(() => worker.terminate(), LIMIT_MS)
    let answer: boolean | null = null
    worker.once('message', (said) => {
      answer = said
    })
    worker.once('error', () => {})
    worker.once('exit', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}
