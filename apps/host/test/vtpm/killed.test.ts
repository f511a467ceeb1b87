import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, killProcess } from '../../src/process.ts'
import { Place } from './place.ts'

/** More of them where whole grids run: tests/e2e. */
const KILLS = Number(process.env['VTPM_KILLS'] ?? 3)

test(`a vTPM is never refused after its manager was killed ${KILLS} times at random moments of start and stop`, async (t) => {
  const place = await Place.make(t)
  const { akName } = await place.keeper.provision(place.of('a'))
  const script = join(import.meta.dirname, 'killed.ts')
  for (let kill = 0; kill < KILLS; kill++) {
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
})
