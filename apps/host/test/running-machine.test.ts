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
  await until(() => machine.portOpen)
  machine.agentAnswered()
  let over = false
  const done = machine.reset().then(() => {
    over = true
  })
  await until(() => said.includes('system_reset'))
  await sleep(500)
  assert.equal(over, false, 'QEMU has only heard of it')
  reset(false)
  await done
  assert.deepEqual([machine.portOpen, machine.answered, machine.resets], [false, false, 0])
  assert.ok(said.lastIndexOf('cont') > said.indexOf('system_reset'))
})

test("a guest's own new start begins a boot; those after an answer count from there", async (t) => {
  const { machine, reset } = await machineOfOurs(t)
  machine.printed.console.append(Buffer.from('Kernel panic - not syncing'))
  for (let i = 1; i <= 3; i++) {
    reset(true)
    await until(() => machine.resets === i)
  }
  assert.deepEqual([machine.printed.console.boot, machine.answered], ['', false])
  machine.agentAnswered()
  assert.deepEqual([machine.resets, machine.answered], [0, true])
  reset(true)
  await until(() => machine.resets === 1)
  assert.equal(machine.answered, false)
})

test('a full disk takes no console, is told once, and the VM is looked after as before', async (t) => {
  const { machine, folder, faults, print } = await machineOfOurs(t)
  await until(() => machine.portOpen)
  mkdirSync(join(folder.path, 'console.log'))
  for (const text of ['one', 'two', 'three']) {
    print(text)
    await until(() => machine.printed.console.boot.endsWith(text))
  }
  assert.equal(machine.printed.console.boot, 'onetwothree')
  await until(() => faults.length > 0)
  assert.match(faults[0]!, /EISDIR/)
  assert.equal(machine.portOpen, true)
})

test("a monitor that is another VM's is not taken for this one's", async (t) => {
  const { folder } = await machineOfOurs(t)
  const other = '6f1c2a52-2a43-4d0e-9d5e-000000000002'
  await assert.rejects(RunningMachine.connect(folder, identityOf(process.pid)!, other), {
    code: 'machine-unreachable',
  })
})
