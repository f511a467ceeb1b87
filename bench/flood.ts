import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GuestChannel } from '../apps/host/src/guest-channel.ts'

/** A hostile guest that this process keeps asking, until `stop`. */
export interface Flood {
  stop(): Promise<void>
}

/** Starts a guest that floods, in a process of its own, and asks it without pause. */
export async function startFlood(): Promise<Flood> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-flood-'))
  const path = join(directory, 'port')
  const program = join(import.meta.dirname, 'flooder.ts')
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const channel = new GuestChannel({ path: () => path })
  let stopped = false
  const asking = askUntil(channel, () => stopped)
  return {
    async stop() {
      stopped = true
      child.kill('SIGKILL')
      channel.close()
      await asking
      rmSync(directory, { recursive: true })
    },
  }
}

async function askUntil(channel: GuestChannel, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    try {
      await channel.ask('info', null)
    } catch {
      // What a flooding guest earns; the next question follows at once.
    }
  }
}
