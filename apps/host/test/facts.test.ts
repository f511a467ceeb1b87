import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { storeStarted } from '../src/machine/kept-store.ts'
import { Machine } from '../src/machine/machine.ts'
import { readRecord, writeRecord } from '../src/machine/record.ts'
import type { MachineHost } from '../src/machine/shared.ts'
import { FILES } from '../src/qemu-args.ts'
import { adopted } from './a-left-machine.ts'
import { until } from './a-running-machine.ts'

test('of a QEMU it is told how it was to be started and how it runs; of one whose start was not written down, nothing', async (t) => {
  const facts = async () => ({ identity: {} as never, stateEncrypted: true })
  const asked = { program: '/usr/bin/qemu', directory: '/', arguments: ['-S'] }
  const { vm, qemu, folder, runs } = await adopted(t, { facts }, { asked })
  const { qemu: told, vtpm } = await vm.facts()
  assert.deepEqual(told, {
    asked,
    actual: {
      program: join(folder.path, 'qemu-system-ours'),
      directory: folder.machine,
      arguments: ['600'],
    },
  })
  assert.equal(vtpm?.stateEncrypted, true)
  qemu.kill('SIGKILL')
  await until(() => !runs())
  assert.equal((await vm.facts()).qemu, null)
  assert.equal((await (await adopted(t, { facts })).vm.facts()).qemu, null)
})

test('what its variable store was when a VM stopped, or was put to since, is held beside what it was when it started', async (t) => {
  const facts = async () => ({ identity: {} as never, stateEncrypted: true })
  const { vm, folder } = await adopted(t, { facts })
  assert.equal((await vm.facts()).store, null, 'nobody saw it stop')
  const file = Uint8Array.of(1, 2, 3)
  writeFileSync(join(folder.machine, FILES.variables), file)
  await vm.stop({ graceful: false })
  const { store } = readRecord(folder.path)!
  const sha256 = createHash('sha256').update(file).digest('hex')
  assert.deepEqual(store, { stopped: sha256, started: null })
  assert.equal((await vm.facts()).store, null, 'it does not run')
  const started = storeStarted(store!, Uint8Array.of(4))
  assert.equal(started.stopped, sha256)
  await writeRecord(folder.path, { ...readRecord(folder.path)!, store: started })
  const host = { vtpm: { facts } } as unknown as MachineHost
  assert.deepEqual((await (await Machine.adopt(host, folder.path))!.facts()).store, started)
  assert.deepEqual(storeStarted(null, file), { stopped: null, started: sha256 })
})
