import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { adopted, lostVtpm } from './a-left-machine.ts'
import { until } from './a-running-machine.ts'

test('while an end is written down a VM is in that end already, not in the one before', async (t) => {
  const wasWritten: string[] = []
  const { vm, answers } = await adopted(t, {
    stopped: async () => void wasWritten.push(vm.status().state),
  })
  answers['query-status'] = () => ({ status: 'shutdown', running: false })
  await until(() => wasWritten.length > 0, 8_000)
  await vm.stop()
  assert.deepEqual([wasWritten, vm.status().state], [['exited'], 'exited'])
})

test('a QEMU or a vTPM that is lost while the guest is asked to power off is no orderly stop', async (t) => {
  for (const how of ['crashed', 'vtpm-lost'] as const) {
    const stops: boolean[] = []
    const stopped = async (_: unknown, { orderly }: { orderly: boolean }) =>
      void stops.push(orderly)
    const { vm, qemu, answers, said, deafen, garble } = await adopted(t, { stopped })
    const done = vm.stop({ timeoutMs: 20_000 })
    await until(() => said.includes('system_powerdown'))
    if (how === 'crashed') {
      qemu.kill('SIGKILL')
      deafen()
      garble()
    } else answers['query-chardev'] = () => [lostVtpm]
    assert.deepEqual(await done, { graceful: false })
    assert.deepEqual([vm.status().state, stops], [how, [false]])
  }
})

test('a QEMU that goes together with its vTPM is a power cut: no vTPM was lost', async (t) => {
  const { vm, qemu, answers, deafen, garble } = await adopted(t)
  answers['query-chardev'] = () => {
    setTimeout(() => {
      qemu.kill('SIGKILL')
      deafen()
      garble()
    }, 200)
    return [lostVtpm]
  }
  await until(() => vm.status().state === 'crashed', 8_000)
  assert.equal(vm.status().held, null)
})

test('a stop by force that finds QEMU or the vTPM gone is no orderly one', async (t) => {
  for (const how of ['crashed', 'vtpm-lost'] as const) {
    const stops: boolean[] = []
    const stopped = async (_: unknown, { orderly }: { orderly: boolean }) =>
      void stops.push(orderly)
    const { vm, qemu, answers, runs } = await adopted(t, { stopped })
    if (how === 'crashed') {
      qemu.kill('SIGKILL')
      await until(() => !runs())
    } else answers['query-chardev'] = () => [lostVtpm]
    await vm.stop({ graceful: false })
    assert.deepEqual([vm.status().state, stops], [how, [false]])
  }
})

test('a VM that ends as asked is stopped, in order, also where the watch sees it first', async (t) => {
  for (const graceful of [true, false]) {
    const stops: boolean[] = []
    const stopped = async (_: unknown, { orderly }: { orderly: boolean }) =>
      void stops.push(orderly)
    const { vm, answers } = await adopted(t, { stopped })
    answers.system_powerdown = () => {
      answers['query-status'] = () => ({ status: 'shutdown', running: false })
      return {}
    }
    assert.deepEqual(await vm.stop({ graceful }), { graceful })
    assert.deepEqual([vm.status().state, stops], ['stopped', [true]])
  }
})

test('a VM is removed in one turn, and once', async (t) => {
  const { vm, folder, runs } = await adopted(t)
  const deleted = [vm.delete(), vm.delete()]
  const started = vm.start()
  await assert.rejects(started, { code: 'machine-missing' })
  await Promise.all(deleted)
  await vm.delete()
  assert.equal(runs(), false)
  assert.throws(() => rmSync(folder.path, { recursive: true }), { code: 'ENOENT' })
})

test('a VM is wanted until it is asked to stop or its guest powers off, not when it crashes or is put aside', async (t) => {
  for (const how of ['stopped', 'aside', 'exited', 'crashed'] as const) {
    const { vm, qemu, answers, deafen, garble } = await adopted(t)
    assert.equal(vm.wanted, true)
    if (how === 'exited') answers['query-status'] = () => ({ status: 'shutdown', running: false })
    if (how === 'crashed') {
      qemu.kill('SIGKILL')
      deafen()
      garble()
    }
    if (how === 'stopped' || how === 'aside')
      await vm.stop({ graceful: false, wanted: how === 'aside' })
    await until(() => vm.status().state !== 'running', 8_000)
    await vm.release()
    assert.equal(vm.wanted, how === 'aside' || how === 'crashed', how)
  }
})

test('a VM’s network goes and comes, is as it was for who takes it over, and waits for a monitor that is lost', async (t) => {
  const network = { mac: '02:00:00:00:00:01', forwards: [] }
  const { vm, next, links, said, deafen, garble, listen } = await adopted(t, {}, { network })
  const up = () => links.map(({ up }) => up)
  assert.deepEqual(links, [{ name: 'net0', up: true }])
  await vm.setIsolated(true)
  const vm2 = await next()
  assert.equal(vm2.isolated, true)
  assert.deepEqual(up(), [true, false, false])
  assert.ok(said.lastIndexOf('set_link') < said.lastIndexOf('cont'), 'before the guest goes on')
  deafen()
  garble()
  await until(() => vm2.status().state === 'unreachable', 8_000)
  await assert.rejects(vm2.setIsolated(false), { code: 'machine-unreachable' })
  await listen()
  await vm2.setIsolated(false)
  assert.deepEqual([vm2.isolated, up().at(-1)], [false, true])
})

test('of a VM without a network nothing is unplugged', async (t) => {
  const { vm, links } = await adopted(t)
  await vm.setIsolated(true)
  assert.deepEqual([links, vm.isolated], [[], true])
})
