import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '@trusted-launch/host'

/** A process, known again by when it began: numbers are given anew. */
export interface RunningService {
  readonly pid: number
  readonly startTime: string
}

const fileIn = (data: string) => join(data, 'service.pid')

/** Says in the data folder which process serves it. */
export async function sayRunning(data: string): Promise<void> {
  const self = `${process.pid} ${startTimeOf(process.pid)}\n`
  await writeDurably(fileIn(data), new TextEncoder().encode(self), 0o600)
}

export function sayStopped(data: string): void {
  rmSync(fileIn(data), { force: true })
}

/** The process that serves a data folder now; null: none. */
export function runningService(data: string): RunningService | null {
  try {
    const [pid, startTime] = readFileSync(fileIn(data), 'utf8').trim().split(' ')
    const isIt = startTime !== undefined && startTimeOf(Number(pid)) === startTime
    return isIt ? { pid: Number(pid), startTime } : null
  } catch {
    return null
  }
}

/** Clock ticks from the machine's start, as text. @see proc(5), /proc/pid/stat field 22 */
function startTimeOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
}
