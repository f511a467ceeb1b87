import { type ChildProcess, spawn } from 'node:child_process'
import { ImageError } from './errors.ts'

const outputBytesMax = 16_384
const linesShown = 15

/** All files of an image carry this time: 2024-01-01T00:00:00Z. */
export const EPOCH_SECONDS = 1_704_067_200

/** The environment in which mtools, sbsign and the like give the same bytes everywhere. */
const environment = {
  PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  MTOOLSRC: '/dev/null',
  SOURCE_DATE_EPOCH: String(EPOCH_SECONDS),
}

export interface ToolOptions {
  /** Added to the tools' own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** A build's lock, held by the tool too: it may outlive its builder. */
  readonly lock?: number
  /** Ends it: the program is killed, and its end waited for. */
  readonly signal?: AbortSignal
}

/**
 * Runs a program to its end; the last lines of what it said are in the error.
 * @throws {ImageError} `image-tool-failed`; the signal's reason.
 */
export function runTool(
  program: string,
  args: readonly string[],
  { env = {}, lock, signal }: ToolOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(lock === undefined ? [] : [lock])],
    })
    let output = ''
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('latin1')).slice(-outputBytesMax)
    }
    child.stdout!.on('data', keep)
    child.stderr!.on('data', keep)
    const fail = (reason: string, cause?: Error) =>
      reject(new ImageError('image-tool-failed', `${program}: ${reason}`, { cause }))
    const isOver = killedBy(child, signal)
    child.on('error', (cause) => fail(cause.message, cause))
    child.on('close', (code, killer) => {
      isOver()
      if (signal?.aborted) reject(signal.reason)
      else if (code === 0) resolve()
      else fail(`${killer ?? `exit code ${code}`}\n${lastLines(output)}`)
    })
  })
}

/** Kills a program once the signal comes. @returns what to call when the program ended. */
export function killedBy(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  const kill = () => void child.kill('SIGKILL')
  if (signal?.aborted) kill()
  signal?.addEventListener('abort', kill)
  return () => signal?.removeEventListener('abort', kill)
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-linesShown).join('\n')
}
