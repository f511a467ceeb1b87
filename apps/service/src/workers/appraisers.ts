import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Verdict, WhatIfChange } from '@trusted-launch/posture'
import type { AgainTask } from './again.ts'
import type { AppraisalAnswer, AppraisalTask } from './appraisal.ts'
import type { BootViewTask, NotShown, ShownBoot } from './boot-view.ts'
import type { WhatIfTask } from './what-if.ts'

export type AppraisalErrorCode = 'appraisers-busy' | 'appraiser-died' | 'appraisal-late'

/** There is no verdict, by no fault of the evidence that anybody could tell. */
export class AppraisalError extends Error {
  readonly code: AppraisalErrorCode

  constructor(code: AppraisalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AppraisalError'
    this.code = code
  }
}

export interface AppraisersOptions {
  readonly threads?: number
  /** How many may wait for a thread. */
  readonly waitingMax?: number
  readonly taskMs?: number
  /** How long a thread waits for its next appraisal. */
  readonly idleMs?: number
  /** What the threads run, in tests. */
  readonly program?: URL
}

type Task = AppraisalTask | AgainTask | WhatIfTask | BootViewTask

interface Waiting {
  readonly task: Task
  readonly resolve: (answer: any) => void
  readonly reject: (error: AppraisalError) => void
}

const THREADS_MAX = 4
const WAITING_MAX = 1_000
const TASK_MS = 30_000
/** A thread holds some 65 MB, and begins in less than a second: who appraises now and then does not keep one. */
const IDLE_MS = 60_000
/** Evidence that makes the verifier need more ends its own thread, and nothing else. */
const HEAP_MB_MAX = 512

interface Idle {
  readonly worker: Worker
  /** Ends it. */
  readonly timer: NodeJS.Timeout
}

/**
 * Threads that appraise, begun when they are needed and ended when they are not any more, one appraisal at a time each.
 * One that dies, or does not answer in time, takes its own appraisal with it; the next has a new thread.
 */
export class Appraisers {
  readonly #options: Required<AppraisersOptions>
  readonly #waiting: Waiting[] = []
  readonly #idle: Idle[] = []
  readonly #all = new Set<Worker>()
  #closed = false

  constructor(options: AppraisersOptions = {}) {
    this.#options = {
      threads: Math.max(1, Math.min(THREADS_MAX, availableParallelism() - 1)),
      waitingMax: WAITING_MAX,
      taskMs: TASK_MS,
      idleMs: IDLE_MS,
      program: new URL('appraise.ts', import.meta.url),
      ...options,
    }
  }

  /** The verdict, in the order in which they were asked for. @throws {AppraisalError} there is none. */
  appraise(task: AppraisalTask): Promise<AppraisalAnswer> {
    return this.#ask(task)
  }

  /** A verdict that was kept, made again by something else. @throws {AppraisalError} there is none. */
  again(task: AgainTask): Promise<Verdict> {
    return this.#ask(task)
  }

  /** What something that is tried would change of a verdict that was kept; null: nothing. @throws {AppraisalError} */
  tryOn(task: WhatIfTask): Promise<WhatIfChange | null> {
    return this.#ask(task)
  }

  /** A record that was kept, as people look at it. @throws {AppraisalError} it cannot be shown. */
  show(task: BootViewTask): Promise<ShownBoot | NotShown> {
    return this.#ask(task)
  }

  #ask<T>(task: Task): Promise<T> {
    return new Promise((resolve, reject) => {
      const { waitingMax } = this.#options
      if (this.#closed || this.#waiting.length >= waitingMax)
        return reject(new AppraisalError('appraisers-busy', 'too many appraisals wait'))
      this.#waiting.push({ task, resolve, reject })
      this.#next()
    })
  }

  /** Ends the threads; what waits has no verdict. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0))
      reject(new AppraisalError('appraiser-died', 'the service ends'))
    await Promise.all([...this.#all].map((worker) => worker.terminate()))
  }

  #next(): void {
    if (this.#waiting.length === 0) return
    const worker = this.#woken() ?? this.#begin()
    if (worker !== null) this.#give(worker, this.#waiting.shift()!)
  }

  /** The one that rests for the shortest: the others come to their end. */
  #woken(): Worker | null {
    const idle = this.#idle.pop()
    if (idle === undefined) return null
    clearTimeout(idle.timer)
    return idle.worker
  }

  #rest(worker: Worker): void {
    const end = () => {
      this.#idle.splice(this.#idle.indexOf(idle), 1)
      this.#all.delete(worker)
      void worker.terminate()
    }
    const idle: Idle = { worker, timer: setTimeout(end, this.#options.idleMs).unref() }
    this.#idle.push(idle)
  }

  #begin(): Worker | null {
    if (this.#all.size >= this.#options.threads) return null
    const worker = new Worker(this.#options.program, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    })
    this.#all.add(worker)
    // An error of a thread that nobody hears would end the process.
    worker.on('error', () => {})
    worker.unref()
    return worker
  }

  #give(worker: Worker, { task, resolve, reject }: Waiting): void {
    const { taskMs } = this.#options
    const failed = (code: AppraisalErrorCode, message: string, cause?: unknown) => {
      leave()
      this.#all.delete(worker)
      void worker.terminate()
      reject(new AppraisalError(code, message, { cause }))
      this.#next()
    }
    const late = () => failed('appraisal-late', `the appraisal took more than ${taskMs} ms`)
    const timer = setTimeout(late, taskMs)
    const died = (cause?: unknown) => failed('appraiser-died', 'the appraisal broke off', cause)
    const answered = (answer: unknown) => {
      leave()
      this.#rest(worker)
      resolve(answer)
      this.#next()
    }
    const leave = () => {
      clearTimeout(timer)
      worker.off('message', answered).off('error', died).off('exit', died)
    }
    worker.on('message', answered).on('error', died).on('exit', died)
    worker.postMessage(task)
  }
}
