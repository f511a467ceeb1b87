import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { invocationOf } from '../src/invocation.ts'
import { identityOf, killProcess } from '../src/process.ts'

/** A process that lasts until the test ends. */
async function lasting(t: TestContext, ...args: string[]) {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'tl-invocation-')))
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', ...args], { cwd })
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(cwd, { recursive: true })
  })
  await new Promise((resolve) => child.once('spawn', resolve))
  return { identity: identityOf(child.pid!)!, cwd }
}

test('the kernel tells how a process runs: its program, its folder and its arguments, empty ones too', async (t) => {
  const { identity, cwd } = await lasting(t, 'a b', '', 'ü', '')
  assert.deepEqual(invocationOf(identity), {
    program: realpathSync(process.execPath),
    directory: cwd,
    arguments: ['-e', 'setInterval(() => {}, 1000)', 'a b', '', 'ü', ''],
  })
})

test('of a process that is gone, or another of its number, nothing is told', async (t) => {
  const { identity } = await lasting(t)
  assert.equal(invocationOf({ ...identity, startTime: '1@1' }), null)
  await killProcess(identity)
  assert.equal(invocationOf(identity), null)
})

test('arguments without end are read so far', async (t) => {
  const { identity } = await lasting(t, ...Array.from({ length: 4 }, () => 'x'.repeat(100_000)))
  const { arguments: told } = invocationOf(identity)!
  assert.ok(told.join('').length <= 256 << 10)
})
