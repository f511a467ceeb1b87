import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adopted, lostVtpm, request } from './a-left-machine.ts'
import { until } from './a-running-machine.ts'

test('a VM whose vTPM goes away stands still at once, for the next manager too, says so to whoever waits, and is told of', async (t) => {
  const { vm, next, said, seen, answers, runs } = await adopted(t)
  const waiting = vm.waitForAgent(20_000)
  answers['query-chardev'] = () => [lostVtpm]
  await assert.rejects(waiting, { code: 'vtpm-lost' })
  await until(() => vm.status().held === 'vtpm-lost')
  assert.ok(said.includes('stop'))
  await until(() => seen.includes('ended'))
  await assert.rejects(vm.collectEvidence(request), { code: 'machine-vtpm-lost' })
  const conts = said.filter((each) => each === 'cont').length
  const taken = await next()
  assert.deepEqual([taken.status().held, taken.status().state], ['vtpm-lost', 'running'])
  await assert.rejects(taken.waitForAgent(20_000), { code: 'vtpm-lost' })
  assert.equal(said.filter((each) => each === 'cont').length, conts)
  assert.equal(runs(), true)
})

test('the reset button of a VM without its vTPM ends it whole: its firmware never starts without one', async (t) => {
  const { vm, said, answers, runs } = await adopted(t)
  answers['query-chardev'] = () => [lostVtpm]
  await until(() => vm.status().held === 'vtpm-lost', 8_000)
  // Of a VM of ours there is nothing to start anew.
  await assert.rejects(vm.reset())
  assert.deepEqual([runs(), said.includes('system_reset')], [false, false])
  assert.equal(vm.status().state, 'vtpm-lost')
})

test('a VM that was stopped on purpose is left standing by the next manager, until its button is pressed', async (t) => {
  for (const held of ['boot-loop', 'refused'] as const) {
    const { vm, said, reset, answers } = await adopted(t, {}, { held })
    assert.equal(vm.status().held, held)
    assert.ok(!said.includes('cont') && said.includes('stop'))
    if (held === 'boot-loop') await assert.rejects(vm.waitForAgent(10_000), { code: 'boot-loop' })
    answers.system_reset = () => {
      reset(false)
      return {}
    }
    await vm.reset()
    assert.equal(vm.status().held, null)
    assert.ok(said.includes('cont'))
  }
})

test('a guest that starts over and over stands still, also under the next manager', async (t) => {
  const { vm, next, said, reset } = await adopted(t)
  const waiting = vm.waitForAgent(10_000)
  for (let i = 0; i < 4; i++) reset(true)
  await assert.rejects(waiting, { code: 'boot-loop' })
  assert.equal(vm.status().held, 'boot-loop')
  const conts = said.filter((each) => each === 'cont').length
  const taken = await next()
  assert.equal(taken.status().held, 'boot-loop')
  assert.equal(said.filter((each) => each === 'cont').length, conts)
})

test('a guest held back hears no power button: it is ended at once', async (t) => {
  const { vm, said } = await adopted(t, {}, { held: 'refused' })
  assert.deepEqual(await vm.stop({ timeoutMs: 20_000 }), { graceful: false })
  assert.ok(!said.includes('cont') && !said.includes('system_powerdown'))
  assert.equal(vm.status().state, 'stopped')
})
