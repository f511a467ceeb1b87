import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunningMachine } from '../src/machine/running-machine.ts'
import { identityOf } from '../src/process.ts'
import { machineOfOurs, until } from './a-running-machine.ts'

test('a reset is over when the machine was reset: the boot before is not believed any more', async (t) => {
  const { machine, said, reset } = await machineOfOurs(t)
  await until(() => machine.boots.portOpen)
  machine.boots.agentAnswered()
  let over = false
  const done = machine.buttons.reset().then(() => {
    over = true
  })
  await until(() => said.includes('system_reset'))
  await sleep(500)
  assert.equal(over, false, 'QEMU has only heard of it')
  reset(false)
  await done
  assert.deepEqual(
    [machine.boots.portOpen, machine.boots.answered, machine.boots.resets],
    [false, false, 0],
  )
  assert.ok(said.lastIndexOf('cont') > said.indexOf('system_reset'))
})

test("a guest's own new start begins a boot; those after an answer count from there", async (t) => {
  const { machine, reset } = await machineOfOurs(t)
  machine.printed.console.append(Buffer.from('Kernel panic - not syncing'))
  for (let i = 1; i <= 3; i++) {
    reset(true)
    await until(() => machine.boots.resets === i)
  }
  assert.equal(machine.boots.answered, false)
  await until(() => machine.printed.boot === '')
  machine.boots.agentAnswered()
  assert.deepEqual([machine.boots.resets, machine.boots.answered], [0, true])
  reset(true)
  await until(() => machine.boots.resets === 1)
  assert.equal(machine.boots.answered, false)
})

test("any answer over the port is the agent's", async (t) => {
  const { machine, reset, answer } = await machineOfOurs(t)
  await answer()
  reset(true)
  await until(() => machine.boots.resets === 1)
  await machine.channel.ask('info', undefined as never)
  assert.deepEqual([machine.boots.resets, machine.boots.answered], [0, true])
})

test('the last words of a boot are not those of the next', async (t) => {
  const { machine, folder, print, reset } = await machineOfOurs(t)
  await until(() => machine.boots.portOpen)
  for (let i = 1; i <= 5; i++) {
    print('Kernel panic - not syncing\r\n')
    reset(true)
    await until(() => machine.boots.resets === i)
    assert.equal(machine.printed.boot, '')
    await sleep(300)
    assert.equal(machine.printed.boot, '')
  }
  assert.match(folder.console.tail(), /panic/)
  print('it goes on')
  await until(() => machine.printed.boot === 'it goes on')
})

test('a monitor that is lost is asked again, and a VM whose monitor is not there is no crash', async (t) => {
  const { machine, said, ends, print, garble, deafen } = await machineOfOurs(t)
  await until(() => machine.boots.portOpen)
  garble()
  await until(() => said.filter((each) => each === 'query-uuid').length === 2)
  await until(() => machine.boots.portOpen)
  print('it goes on')
  await until(() => machine.printed.boot === 'it goes on')
  await machine.pause()
  assert.deepEqual(ends, [])
  deafen()
  garble()
  await until(() => ends.length > 0, 8_000)
  assert.deepEqual(ends, ['unreachable'])
})

test('what a lost monitor missed may be a new boot: nothing of the one before is believed', async (t) => {
  const { machine, garble, print, answer, said } = await machineOfOurs(t)
  await answer()
  await machine.channel.ask('info', undefined as never)
  print('Kernel panic - not syncing')
  await until(() => machine.printed.boot !== '')
  assert.equal(machine.boots.answered, true)
  garble()
  await until(() => said.filter((each) => each === 'query-uuid').length === 2)
  await until(() => machine.boots.portOpen)
  assert.deepEqual([machine.boots.answered, machine.printed.boot], [false, ''])
})

test('a monitor that answers no more, though it listens, is lost too', async (t) => {
  const { machine, ends, hang, said } = await machineOfOurs(t, { timeoutMs: 200 })
  await until(() => machine.boots.portOpen)
  hang()
  await until(() => ends.length > 0, 8_000)
  assert.deepEqual(ends, ['unreachable'])
  await assert.rejects(machine.pause(), { code: 'qmp-closed' })
  assert.ok(said.filter((each) => each === 'ringbuf-read').length < 20)
})

test('a reset and an agent that opens its port are told; all that is heard since a launch is counted', async (t) => {
  const { machine, events } = await machineOfOurs(t)
  await until(() => machine.boots.portOpen)
  const taken = machine.boots.seen
  assert.deepEqual([events, taken.count], [['agent'], 0])
  assert.notEqual(taken.since, 'launch')
  machine.boots.launched()
  machine.heard({ event: 'RESET', data: { guest: false } })
  await until(() => machine.boots.portOpen)
  machine.heard({ event: 'RESET', data: { guest: true } })
  assert.deepEqual(machine.boots.seen, { since: 'launch', count: 2 })
  assert.deepEqual(events, ['agent', 'reset', 'agent', 'reset'])
})

test('resets without number cost one turn of the console more, and are counted', async (t) => {
  const { machine, said } = await machineOfOurs(t)
  await until(() => machine.boots.portOpen)
  for (let i = 0; i < 5_000; i++) machine.heard({ event: 'RESET', data: { guest: true } })
  assert.equal(machine.boots.resets, 5_000)
  await until(() => machine.boots.portOpen)
  await sleep(300)
  assert.ok(said.filter((each) => each === 'ringbuf-read').length < 20)
})

test('a full disk takes no console, is told once, and the VM is looked after as before', async (t) => {
  const { machine, folder, faults, print } = await machineOfOurs(t)
  await until(() => machine.boots.portOpen)
  mkdirSync(join(folder.path, 'console.log'))
  for (const text of ['one', 'two', 'three']) {
    print(text)
    await until(() => machine.printed.boot.endsWith(text))
  }
  assert.equal(machine.printed.boot, 'onetwothree')
  await until(() => faults.length > 0)
  assert.match(faults[0]!, /EISDIR/)
  assert.equal(machine.boots.portOpen, true)
})

test("a monitor that is another VM's is not taken for this one's", async (t) => {
  const { folder } = await machineOfOurs(t)
  const other = '6f1c2a52-2a43-4d0e-9d5e-000000000002'
  await assert.rejects(RunningMachine.connect(folder, identityOf(process.pid)!, other), {
    code: 'machine-unreachable',
  })
})
