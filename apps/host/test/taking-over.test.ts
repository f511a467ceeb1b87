import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { evidence } from '../../../packages/channel/test/a-guest.ts'
import { Host } from '../src/host.ts'
import { StateDirectory } from '../src/state-directory.ts'
import { VtpmError } from '../src/vtpm/errors.ts'
import { adopted, left } from './a-left-machine.ts'
import { until } from './a-running-machine.ts'

test('a VM whose monitor is lost runs on, is unreachable, and is taken back when it answers', async (t) => {
  const { vm, events, runs, deafen, garble, listen, answer } = await adopted(t)
  deafen()
  garble()
  await until(() => vm.status().state === 'unreachable', 8_000)
  assert.deepEqual([runs(), events], [true, ['adopted', 'unreachable']])
  await assert.rejects(vm.waitForAgent(1), { code: 'machine-unreachable' })
  await listen()
  await answer()
  assert.deepEqual(await vm.waitForAgent(5_000), evidence.info)
  assert.equal(vm.status().state, 'running')
})

test('a VM that is unreachable ends by force', async (t) => {
  const { vm, runs, deafen, garble } = await adopted(t)
  deafen()
  garble()
  await until(() => vm.status().state === 'unreachable', 8_000)
  await vm.stop()
  assert.deepEqual([runs(), vm.status().state], [false, 'stopped'])
})

test('a VM ends by force also where its QEMU works in no folder of the VM', async (t) => {
  const { vm, runs, deafen, garble } = await adopted(t, {}, { cwd: '/' })
  deafen()
  garble()
  await until(() => vm.status().state === 'unreachable', 8_000)
  await vm.stop()
  assert.deepEqual([runs(), vm.status().state], [false, 'stopped'])
})

test('a host that cannot be opened lets go of what it took over before it lets the next one in', async (t) => {
  const { top, said } = await left(t, 'vm-1')
  const vtpm = {
    finishRotation: async () => {
      await until(() => said.includes('query-chardev'))
      throw new VtpmError('vtpm-failed', 'vm', 'no rotation')
    },
  }
  const state = StateDirectory.open(top)
  t.after(() => state.close())
  const parts = { stateDirectory: top, vtpm } as unknown as Parameters<typeof Host.open>[1]
  await assert.rejects(Host.open(state, parts), { code: 'vtpm-failed' })
  await sleep(300)
  const asked = said.length
  await sleep(700)
  assert.equal(said.length, asked)
})

test('a data disk that is on record and not there comes when a running VM is taken over', async (t) => {
  const { vm, next, said, answers } = await adopted(t, {}, { lun: 7 })
  const added = () => said.filter((each) => /^(?:blockdev|device)_?-?add$/.test(each))
  assert.deepEqual(added(), ['blockdev-add', 'device_add'])
  answers['query-named-block-nodes'] = () => [
    { 'node-name': 'data-7', image: { 'virtual-size': 512 } },
  ]
  await vm.release()
  await next()
  assert.equal(added().length, 2, 'one that is there does not come again')
})
