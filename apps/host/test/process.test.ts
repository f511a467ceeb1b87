import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ProcessError } from '../src/errors.ts'
import { insideOf } from '../src/networks/programs.ts'
import { Output } from '../src/output.ts'
import { identityOf, isRunning, killProcess, spawnDetached } from '../src/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-process-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const logPath = join(folder, 'log')
const account = process.getuid?.() === 0 ? { uid: 612345, gid: 612346 } : null
const output = Output.file(logPath)
const options = { account, cwd: folder, output }

test('a started program is known by pid, start time and executable until it is gone', async () => {
  const sleeper = await spawnDetached('/bin/sleep', ['60'], options)
  assert.equal(isRunning(sleeper), true)
  assert.equal(isRunning({ ...sleeper, startTime: `1@${sleeper.startTime}` }), false)
  assert.equal(isRunning({ ...sleeper, executable: '/bin/true' }), false)
  await killProcess(sleeper)
  assert.equal(isRunning(sleeper), false)
  assert.equal(identityOf(sleeper.pid), null)
})

test('a started program leads its own session and has no environment of ours', async () => {
  process.env.TL_PLANTED = 'planted'
  const sleeper = await spawnDetached('/bin/sleep', ['60'], options)
  const stat = readFileSync(`/proc/${sleeper.pid}/stat`, 'latin1')
  const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]
  assert.equal(Number(session), sleeper.pid)
  assert.doesNotMatch(readFileSync(`/proc/${sleeper.pid}/environ`, 'latin1'), /planted/)
  await killProcess(sleeper)
})

test('as root, a started program has its account, no groups, no capabilities and no new privileges', {
  skip: account === null && 'needs root',
}, async () => {
  const sleeper = await spawnDetached('/bin/sleep', ['60'], options)
  const status = readFileSync(`/proc/${sleeper.pid}/status`, 'latin1')
  await killProcess(sleeper)
  assert.match(status, /^Uid:\t612345\t612345\t612345\t612345$/m)
  assert.match(status, /^Gid:\t612346\t612346\t612346\t612346$/m)
  assert.match(status, /^Groups:\s*$/m)
  assert.match(status, /^NoNewPrivs:\t1$/m)
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    assert.match(status, new RegExp(`^${set}:\t0+$`, 'm'))
})

test('what is written to a pipe arrives at its descriptor and nowhere else', async () => {
  const reader = await spawnDetached('/bin/sh', ['-c', 'cat <&4; exec sleep 60'], {
    ...options,
    fds: ['pipe', 'pipe'],
  })
  reader.stdio[4]?.end('through the pipe')
  for (let i = 0; i < 200 && readFileSync(logPath, 'utf8') === ''; i++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(readFileSync(logPath, 'utf8'), 'through the pipe')
  reader.stdio[3]?.destroy()
  const [now] = [identityOf(reader.pid)]
  if (now) await killProcess(now)
})

test('a program has its umask, and we keep ours while it starts', async () => {
  const umasks = new Set<number>()
  const { umask } = process
  process.umask = ((mask?: number) => {
    if (mask !== undefined) umasks.add(mask)
    return mask === undefined ? umask() : umask(mask)
  }) as typeof process.umask
  const sleeper = await spawnDetached('/bin/sleep', ['60'], { ...options, umask: 0o137 }).finally(
    () => {
      process.umask = umask
    },
  )
  const status = readFileSync(`/proc/${sleeper.pid}/status`, 'latin1')
  await killProcess(sleeper)
  assert.match(status, /^Umask:\t0137$/m)
  assert.deepEqual([...umasks], [], 'a folder made by another thread would have it')
})

test('a program that cannot start is an error with what it wrote', async () => {
  await assert.rejects(
    spawnDetached('/nowhere/program', [], options),
    (e: unknown) =>
      e instanceof ProcessError && e.code === 'process-not-started' && /nowhere/.test(e.output),
  )
})

test('in another network namespace too it is known as itself, whichever step of the way is seen', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async () => {
  const scope = insideOf(`/proc/${process.pid}/ns/net`)
  for (let n = 0; n < 8; n++) {
    const many = Array.from({ length: 4 }, () =>
      spawnDetached('/bin/sleep', ['60'], { ...options, scope }),
    )
    for (const one of await Promise.all(many)) {
      assert.match(one.executable, /\/(sleep|coreutils)$/)
      assert.ok(isRunning(one))
      await killProcess(one)
    }
  }
})
