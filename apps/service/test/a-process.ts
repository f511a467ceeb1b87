import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { TestService } from './a-service.ts'

/** A process with its whole service; ended after the test. */
export class ServiceProcess {
  readonly #child: ChildProcess
  readonly #data: string

  private constructor(child: ChildProcess, data: string) {
    this.#child = child
    this.#data = data
  }

  /** Waits until it answers. */
  static start(t: TestContext, data: string, ...given: string[]): Promise<ServiceProcess> {
    return ServiceProcess.run(t, 'service-process.ts', data, ...given)
  }

  /** The same, of another program. */
  static async run(
    t: TestContext,
    name: string,
    data: string,
    ...given: string[]
  ): Promise<ServiceProcess> {
    const program = join(import.meta.dirname, name)
    const child = spawn(process.execPath, [program, data, ...given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const started = new ServiceProcess(child, data)
    t.after(() => started.end('SIGKILL'))
    await Promise.race([
      once(child.stdout!, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error('it did not start'))),
    ])
    return started
  }

  /** Who asks it, as its administrator. */
  client(): TestService {
    const admin = JSON.parse(readFileSync(join(this.#data, 'admin.json'), 'utf8'))
    const service = { endpoint: admin.endpoint, administrator: admin } as never
    return new TestService(service, null as never, readFileSync(admin.caFile, 'utf8'), this.#data)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until it ended by itself. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await once(this.#child, 'exit')
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    await ended
  }
}
