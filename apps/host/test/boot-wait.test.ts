import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BootFailure } from '../src/machine/boot-failure.ts'
import { BootWait, type Confirm } from '../src/machine/boot-wait.ts'
import type { RunningMachine } from '../src/machine/running-machine.ts'
import { machineOfOurs, until } from './a-running-machine.ts'

const refusal = 'error: bad shim signature.\r\n'

/** How the wait for an agent that is not there ends. */
async function endOf(
  machine: RunningMachine,
  timeoutMs: number,
  confirm: Confirm = async () => assert.fail('asked'),
): Promise<BootFailure> {
  const hold = () => machine.pause()
  return new BootWait(machine, { confirm, hold, held: null }).agent(timeoutMs).then(
    () => assert.fail('an agent'),
    (e) => e,
  )
}

suite('the wait for the agent', { concurrency: true }, () => {
  test('a refusal that the disk neither shows nor denies is told, unconfirmed', async (t) => {
    const { machine, print } = await machineOfOurs(t)
    print(refusal)
    const { code, component, confirmed, console } = await endOf(machine, 20_000, async () => null)
    assert.deepEqual(
      [code, component, confirmed, console],
      ['secure-boot-violation', 'kernel', false, [refusal.trim()]],
    )
  })

  test('a refusal that the disk denies is asked about once, though the guest prints on', async (t) => {
    const { machine, print } = await machineOfOurs(t)
    const asked: string[] = []
    const waiting = endOf(machine, 9_000, async (component) => {
      asked.push(component)
      return false
    })
    print(refusal)
    await until(() => asked.length > 0, 8_000)
    print('it goes on\r\n')
    assert.equal((await waiting).code, 'agent-silent')
    assert.deepEqual(asked, ['kernel'])
  })

  test('a console that prints on, or an agent that once answered, makes its words count for nothing', async (t) => {
    const { machine, print } = await machineOfOurs(t)
    print(refusal)
    const printing = setInterval(() => print('.'), 500)
    assert.equal((await endOf(machine, 5_000)).code, 'agent-silent')
    clearInterval(printing)
    machine.boots.agentAnswered()
    await sleep(3_500)
    assert.equal((await endOf(machine, 500)).code, 'agent-silent')
  })

  test('a guest that starts over and over is stopped', async (t) => {
    const { machine, said, reset } = await machineOfOurs(t)
    for (let i = 0; i < 4; i++) reset(true)
    assert.equal((await endOf(machine, 5_000)).code, 'boot-loop')
    assert.ok(said.includes('stop'))
  })

  test('a guest that started anew often before anyone asked is not stopped', async (t) => {
    const { machine, said, reset } = await machineOfOurs(t)
    for (let i = 0; i < 9; i++) reset(true)
    await until(() => machine.boots.resets === 9)
    assert.equal((await endOf(machine, 500)).code, 'agent-silent')
    assert.ok(!said.includes('stop'))
  })

  test('a wait ends in time, and with the VM that is let go', async (t) => {
    const { machine } = await machineOfOurs(t)
    const begun = performance.now()
    assert.equal((await endOf(machine, 300)).code, 'agent-silent')
    assert.ok(performance.now() - begun < 3_000)
    const waiting = endOf(machine, 20_000)
    machine.endAs(null)
    assert.equal((await waiting).code, 'machine-not-running')
  })
})
