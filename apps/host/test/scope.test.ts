import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Output } from '../src/output.ts'
import { killProcess, spawnDetached } from '../src/process.ts'
import { isService, scopeArguments } from '../src/scope.ts'

test('a service is known by its control group, in both versions', () => {
  assert.ok(isService('0::/system.slice/trusted-launch.service\n'))
  assert.ok(isService('2:cpu:/\n1:name=systemd:/system.slice/trusted-launch.service\n0::/\n'))
  for (const other of ['0::/', '0::/user.slice/session-1.scope', '1:cpu:/a.service', ''])
    assert.ok(!isService(`${other}\n`), other)
})

test('what is started in a scope is started by systemd-run with these arguments', () => {
  assert.deepEqual(scopeArguments('/usr/bin/systemd-run', 'QEMU of vm-1'), [
    '/usr/bin/systemd-run',
    ...['--scope', '--quiet', '--collect', '--slice=trustedlaunch.slice'],
    ...['--description=QEMU of vm-1', '--'],
  ])
})

test('a program started by way of another is known once it is itself', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-scope-'))
  t.after(() => rmSync(folder, { recursive: true }))
  // In systemd-run's place: a program that becomes what it is given.
  const first = join(folder, 'systemd-run')
  copyFileSync('/usr/bin/env', first)
  chmodSync(first, 0o755)
  const output = Output.file(join(folder, 'log'))
  t.after(() => output.close())
  const options = { account: null, cwd: folder, output, scope: [first] }
  const sleeper = await spawnDetached('/bin/sleep', ['60'], options)
  await killProcess(sleeper)
  assert.match(sleeper.executable, /\/sleep$/)
})
