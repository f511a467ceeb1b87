import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Services one after the other, each loaded before it is needed. */
export class Services {
  readonly #data: string
  readonly #kind: string
  #next: ChildProcess
  #now: ChildProcess | null = null
  /** What the host saw and must not see. */
  readonly overlaps: string[] = []

  constructor(data: string, kind: 'scripted' | 'real') {
    this.#data = data
    this.#kind = kind
    this.#next = this.#spawn()
  }

  #spawn(): ChildProcess {
    const program = join(import.meta.dirname, 'kills-service.ts')
    return spawn(process.execPath, [program, this.#data, this.#kind], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Most of a start is to read programs: once for all of them.
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#data, 'compiled') },
    })
  }

  /** Starts the next one. @returns once it answers; false: it was killed before. @throws it cannot start. */
  async start(): Promise<boolean> {
    const child = this.#next
    this.#now = child
    this.#next = this.#spawn()
    child.stdin!.write('now\n')
    const serves = Promise.withResolvers<boolean>()
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line === 'serves') serves.resolve(true)
      else this.overlaps.push(line)
    })
    child.once('exit', (code) =>
      code === null ? serves.resolve(false) : serves.reject(new Error('the service did not start')),
    )
    return serves.promise
  }

  async kill(): Promise<void> {
    if (this.#now !== null) await killed(this.#now)
  }

  async close(): Promise<void> {
    await this.kill()
    await killed(this.#next)
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
