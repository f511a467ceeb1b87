import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { toHex } from '@trusted-launch/codec'
import { openHost } from '@trusted-launch/host'
import { tl } from './a-run.ts'
import { vmsMissing as skip, stateWith } from './a-state.ts'

/** What was said, but for the warnings of a host that is not root or has no KVM. */
const said = (err: string) => err.replace(/^tl: (not root|VMs run under emulation).*\n/gm, '')

test('a host without VMs lists none', { skip }, async (t) => {
  const state = await stateWith(t)
  assert.deepEqual(JSON.parse((await tl('host', 'vm', 'list', '--state', state, '--json')).out), [])
  assert.equal((await tl('host', 'vm', 'list', '--state', state)).out, 'no VMs\n')
})

test('a VM that is not there ends in 1, and is named', { skip }, async (t) => {
  const state = await stateWith(t)
  for (const verb of ['status', 'start', 'stop', 'reprovision', 'delete'])
    for (const id of ['nobody', '../state']) {
      const { code, out, err } = await tl('host', 'vm', verb, id, '--state', state, '--json')
      assert.deepEqual([code, out, said(err)], [1, '', `tl: there is no VM ${id}\n`])
    }
})

test('a folder that is no state directory ends in 1, and nothing is made there', {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const state = join(folder, 'mistyped')
  for (const command of [
    ['host', 'vm', 'list'],
    ['key', 'rotate'],
  ]) {
    const { code, out, err } = await tl(...command, '--state', state)
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /mistyped is no state directory/)
    assert.ok(!existsSync(state))
  }
})

/** Waits until a process is no more; ended, it is there until its parent, this process, looked after it. */
async function gone(pid: number): Promise<void> {
  for (const until = performance.now() + 10_000; existsSync(`/proc/${pid}`); await sleep(20))
    assert.ok(performance.now() < until, `${pid} is there still`)
}

test('a running VM is shown as such, runs on, is not reprovisioned, and is ended by its deletion', {
  skip,
}, async (t) => {
  const state = await stateWith(t, 'a', 'b')
  const host = await openHost({ stateDirectory: state })
  await host.machine('a').start()
  const { akName } = host.machine('a').identity!
  const { pid } = host.machine('a').processes!.qemu!
  const busy = await tl('host', 'vm', 'list', '--state', state)
  assert.deepEqual([busy.code, busy.out], [1, ''])
  assert.match(busy.err, /another manager has this state directory/)
  await host.close()

  const { code, out, err } = await tl('host', 'vm', 'list', '--state', state)
  assert.deepEqual([code, said(err)], [0, ''])
  const [head, ...rows] = out.trimEnd().split('\n')
  assert.match(head!, /^VM +name +state +memory +vCPUs +Secure Boot +generation +AK name$/)
  assert.match(rows[0]!, /^a +the VM a +running +512 MiB +1 +off +1 +000b/)
  assert.ok(rows[0]!.endsWith(toHex(akName)))
  assert.match(rows[1]!, /^b +the VM b +stopped /)
  const early = await tl('host', 'vm', 'reprovision', 'a', '--state', state)
  assert.deepEqual([early.code, early.out], [1, ''])
  assert.match(early.err, /^tl: a runs, and only a stopped VM .*: tl host vm stop a$/m)
  process.kill(pid, 0)

  const made = await tl('host', 'vm', 'reprovision', 'b', '--state', state, '--json')
  assert.equal(JSON.parse(made.out).generation, 2)
  const deleted = await tl('host', 'vm', 'delete', 'a', '--state', state)
  assert.deepEqual([deleted.code, deleted.out], [0, 'a removed\n'])
  await gone(pid)
  assert.ok(!existsSync(join(state, 'vms/a')))
})

test('a VM that was started runs on, and stops by force; one VM is one object in JSON', {
  skip,
}, async (t) => {
  const state = await stateWith(t, 'a')
  const vm = async (...args: string[]) => {
    const { code, out, err } = await tl('host', 'vm', ...args, '--state', state, '--json')
    assert.deepEqual([code, said(err)], [0, ''])
    return JSON.parse(out)
  }
  assert.equal((await vm('start', 'a')).state, 'running')
  assert.equal((await vm('status', 'a')).state, 'running')
  const again = await tl('host', 'vm', 'start', 'a', '--state', state)
  assert.deepEqual([again.code, said(again.err)], [1, 'tl: a runs\n'])
  assert.equal((await vm('stop', 'a', '--force')).state, 'stopped')
  assert.equal((await vm('stop', 'a')).state, 'stopped')
  assert.deepEqual(await vm('delete', 'a'), { id: 'a', state: 'removed' })
})

test('a VM without a name is wrong usage: 2', async () => {
  assert.equal((await tl('host', 'vm', 'status')).code, 2)
  assert.equal((await tl('host', 'vm')).code, 2)
})

test('the host says what it has, and a drain stops what runs, to be started again', {
  skip,
}, async (t) => {
  const state = await stateWith(t, 'a', 'b')
  const json = async (...args: string[]) => {
    const { code, out, err } = await tl('host', ...args, '--state', state, '--json')
    assert.equal(code, 0, err)
    return JSON.parse(out)
  }
  await json('vm', 'start', 'a')
  const { vms, running, memoryMiB, accelerator } = await json('show')
  assert.deepEqual([vms, running], [2, 1])
  assert.ok(memoryMiB > 0 && ['kvm', 'tcg'].includes(accelerator))
  assert.match((await tl('host', 'show', '--state', state)).out, /^VMs +2, 1 of them running$/m)
  assert.deepEqual(await json('drain', '--timeout', '1'), { stopped: 1, refused: [] })
  assert.equal((await json('vm', 'status', 'a')).state, 'stopped')
  const host = await openHost({ stateDirectory: state })
  assert.equal(host.machine('a').wanted, true)
  await host.close()
})
