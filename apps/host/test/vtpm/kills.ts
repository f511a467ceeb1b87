import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, killProcess } from '../../src/process.ts'
import { Place } from './place.ts'

/**
 * Kills a manager that starts and stops a vTPM, `count` times, each at a random moment; after each, the next
 * manager's start must accept the vTPM as the one on record.
 */
export async function surviveKills(t: TestContext, count: number): Promise<void> {
  const place = await Place.make(t)
  const { akName } = await place.keeper.provision(place.of('a'))
  const script = join(import.meta.dirname, 'start-and-stop-in-a-loop.ts')
  for (let kill = 0; kill < count; kill++) {
    const child = spawn(process.execPath, [script, place.root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    await once(child.stdout, 'data')
    await sleep(Math.random() * 300)
    child.kill('SIGKILL')
    await once(child, 'close')
    const last = identityOf(Number(output.trimEnd().split('\n').at(-1)!.replace('ready', '')))
    if (last?.executable.endsWith('/swtpm')) await killProcess(last)
    const { identity } = await place.keeper.check(place.of('a'))
    assert.deepEqual(identity.akName, akName)
  }
}
