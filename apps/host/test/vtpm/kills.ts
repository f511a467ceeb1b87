import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, killProcess } from '../../src/process.ts'
import { Place } from './place.ts'

/**
 * Kills a manager that starts and stops a vTPM, `count` times, each at a random moment; after each, the next
 * manager's start must accept the vTPM as the one on record.
 */
export async function surviveKills(
  t: TestContext,
  count: number,
  loop = 'start-and-stop-in-a-loop.ts',
): Promise<void> {
  const place = await Place.make(t)
  const { akName } = await place.keeper.provision(place.of('a'))
  const script = join(import.meta.dirname, loop)
  for (let kill = 0; kill < count; kill++) {
    const child = spawn(process.execPath, [script, place.root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.stdout.resume()
    await sleep(Math.random() * 300)
    child.kill('SIGKILL')
    await once(child, 'close')
    await endStrays(place.root)
    const { identity } = await place.keeper.check(place.of('a'))
    assert.deepEqual(identity.akName, akName)
  }
}

/** The swtpm that the killed manager had started, if any: its working directory is in `root`. */
async function endStrays(root: string): Promise<void> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const process = identityOf(Number(pid))
    if (process?.executable.endsWith('/swtpm') && isIn(root, pid)) await killProcess(process)
  }
}

function isIn(root: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(root)
  } catch {
    return false
  }
}
