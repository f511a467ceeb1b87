import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { ImageError } from './errors.ts'
import type { Step } from './step.ts'

/**
 * Takes the lock `path` for one build and gives its descriptor, to be closed. The kernel keeps it for
 * as long as anybody has the descriptor: a tool that outlives its killed builder keeps the next one out.
 * @throws {ImageError} `image-tool-failed`: there is no flock(1).
 */
export async function takeBuildLock(path: string, step: Step): Promise<number> {
  const descriptor = openSync(path, 'a')
  try {
    if (!(await flock(descriptor, ['--nonblock'])))
      await step('waiting for another build', () => flock(descriptor, []))
    return descriptor
  } catch (e) {
    closeSync(descriptor)
    throw e
  }
}

async function flock(descriptor: number, options: readonly string[]): Promise<boolean> {
  const stdio = ['ignore', 'ignore', 'ignore', descriptor] as const
  const child = spawn('flock', [...options, '--exclusive', '3'], { stdio: [...stdio] })
  try {
    const [code] = await once(child, 'exit')
    return code === 0
  } catch (cause) {
    throw new ImageError('image-tool-failed', `flock (package util-linux): ${cause}`, { cause })
  }
}
