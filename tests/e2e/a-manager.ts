import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { openHost } from '@trusted-launch/host'
import { atEnd } from './machines.ts'

const machines = new URL('machines.ts', import.meta.url).href

/** A manager in a process of its own. */
export interface Manager {
  readonly process: ChildProcess
  /** All it printed, on both streams. */
  printed(): string
  /** Waits until it printed that; null when it ended without. */
  said(pattern: RegExp): Promise<RegExpExecArray | null>
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>
}

/**
 * Starts a manager: an open `host` and `specOf`, and then `script`. When the test ends, however it
 * ends, it is killed and its VMs are removed.
 */
export function startManager(
  t: TestContext,
  stateDirectory: string,
  script: string,
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Manager {
  atEnd(t, async () => {
    const host = await openHost({ stateDirectory })
    for (const vm of host.machines()) await vm.delete()
    await host.close()
  })
  const begin = `
    import { openHost } from '@trusted-launch/host'
    import { specOf } from ${JSON.stringify(machines)}
    const log = (entry) => console.log(JSON.stringify(entry))
    const host = await openHost({ stateDirectory: ${JSON.stringify(stateDirectory)}, log })
    `
  const child = spawn(process.execPath, ['--input-type=module', '-e', begin + script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  })
  let printed = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text
    })
  const closed = once(child, 'close')
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
  }
  atEnd(t, kill)
  const said = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(printed)
      if (found !== null || child.exitCode !== null || child.signalCode !== null) return found
      await Promise.race([once(child.stdout!, 'data'), closed])
    }
  }
  return { process: child, printed: () => printed, said, kill }
}
