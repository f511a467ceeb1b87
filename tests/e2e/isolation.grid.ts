import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { smallVm } from './machines.ts'

const root = process.getuid?.() === 0

/** Runs Node as that account, with nothing else than the uid, gid and no capability. */
function as(account: { uid: number; gid: number }, script: string) {
  const ids = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  const drop = ['--inh-caps=-all', '--bounding-set=-all']
  return spawnSync('setpriv', [...ids, ...drop, process.execPath, '-e', script], { cwd: '/' })
}

test("QEMU's account cannot open its vTPM's folder, look into swtpm, or reach its memory; a vTPM lost stops the VM", {
  skip: root ? false : 'needs root: as a plain user there is no such boundary',
}, async (t) => {
  const { vm, log } = await smallVm(t)
  await vm.start()
  const { qemu, swtpm } = vm.processes!
  const account = vm.accounts.qemu!
  const state = join(vm.folder, 'vtpm')
  const read = (path: string) => `require('fs').readdirSync(${JSON.stringify(path)})`
  assert.match(String(as(account, read(state)).stderr), /EACCES/)
  assert.match(String(as(account, read(`/proc/${swtpm!.pid}/cwd/`)).stderr), /EACCES|EPERM/)
  const memory = `require('fs').openSync('/proc/${swtpm!.pid}/mem', 'r')`
  assert.match(String(as(account, memory).stderr), /EACCES|EPERM/)
  // The same look as QEMU's account at QEMU itself succeeds: the refusals above are not the test's.
  assert.equal(as(account, `require('fs').readFileSync('/proc/${qemu!.pid}/status')`).status, 0)

  for (const { pid } of [qemu!, swtpm!]) {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.match(status, /^CapBnd:\t0+$/m)
    assert.match(status, /^CapEff:\t0+$/m)
    assert.match(status, /^Seccomp:\t2$/m)
    // What a guest makes them print goes into a pipe: it fills no disk.
    for (const fd of [1, 2])
      assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), join(vm.folder, 'output'))
  }
  assert.notEqual(vm.accounts.qemu!.uid, vm.accounts.swtpm!.uid)

  process.kill(swtpm!.pid, 'SIGKILL')
  for (let i = 0; i < 100 && vm.status().held === null; i++) await sleep(100)
  assert.equal(vm.status().held, 'vtpm-lost')
  await vm.stop()
  assert.equal(vm.status().state, 'vtpm-lost')
  assert.ok(log.some(({ event }) => event === 'vtpm-lost'))
})
