import { closeSync, openSync, readlinkSync, readSync } from 'node:fs'
import { isRunning, type ProcessIdentity } from './process.ts'

/** A program as it is started, or runs. */
export interface Invocation {
  /** Its file's real path. */
  readonly program: string
  /** Where it works: its arguments name files from there. */
  readonly directory: string
  /** Without the program's own name. */
  readonly arguments: readonly string[]
}

/** More than any VM of ours has; what is longer is cut, and so another. */
const BYTES_MAX = 256 << 10

/**
 * How that very process runs, by the kernel; null: it is gone. The arguments are in the process's own memory: they tell
 * how it was started, and nothing of one that somebody broke into. proc(5), /proc/pid/cmdline.
 */
export function invocationOf(process: ProcessIdentity): Invocation | null {
  try {
    const [, ...rest] = readStart(`/proc/${process.pid}/cmdline`).split('\0')
    const directory = readlinkSync(`/proc/${process.pid}/cwd`)
    // What was read is another's, if the pid is by now.
    if (!isRunning(process)) return null
    return { program: process.executable, directory, arguments: rest.slice(0, -1) }
  } catch {
    return null
  }
}

function readStart(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(BYTES_MAX)
    let length = 0
    for (let read = -1; read !== 0 && length < BYTES_MAX; length += read)
      read = readSync(file, bytes, length, BYTES_MAX - length, null)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(file)
  }
}
