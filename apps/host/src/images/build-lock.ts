import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { ImageError } from './errors.ts'
import type { Step } from './step.ts'
import { killedBy } from './tool.ts'

/**
 * Takes the lock `path` for one build and gives its descriptor, to be closed. The kernel keeps it for
 * as long as anybody has the descriptor: a tool that outlives its killed builder keeps the next one out.
 * @throws {ImageError} `image-tool-failed`: there is no flock(1). The signal's reason: it came first.
 */
export async function takeBuildLock(
  path: string,
  step: Step,
  signal?: AbortSignal,
): Promise<number> {
  const descriptor = openSync(path, 'a')
  try {
    if (!(await flock(descriptor, ['--nonblock'], signal)))
      await step('waiting for another build', () => flock(descriptor, [], signal))
    signal?.throwIfAborted()
    return descriptor
  } catch (e) {
    closeSync(descriptor)
    throw e
  }
}

async function flock(
  descriptor: number,
  options: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const stdio = ['ignore', 'ignore', 'ignore', descriptor] as const
  const child = spawn('flock', [...options, '--exclusive', '3'], { stdio: [...stdio] })
  const isOver = killedBy(child, signal)
  try {
    const [code] = await once(child, 'exit')
    return code === 0
  } catch (cause) {
    throw new ImageError('image-tool-failed', `flock (package util-linux): ${cause}`, { cause })
  } finally {
    isOver()
  }
}
