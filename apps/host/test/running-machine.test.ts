import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MachineFolder } from '../src/machine/folder.ts'
import { RunningMachine } from '../src/machine/running-machine.ts'
import { Output } from '../src/output.ts'
import { identityOf } from '../src/process.ts'

/** A monitor of ours in place of QEMU's: the agent's port is open until the machine is reset. */
async function machineOfOurs(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'tl-running-'))
  const folder = new MachineFolder(path, null)
  mkdirSync(folder.machine)
  const output = await Output.makePipe(folder.output)
  let open = true
  const uuid = '6f1c2a52-2a43-4d0e-9d5e-000000000001'
  const printed: string[] = []
  const said: string[] = []
  const faults: string[] = []
  const sockets = new Set<Socket>()
  const announce = (event: string, data: object) => {
    for (const socket of sockets) socket.write(`${JSON.stringify({ event, data })}\n`)
  }
  const answers: Record<string, () => unknown> = {
    'query-chardev': () => [{ label: 'agent', filename: 'unix:agent', 'frontend-open': open }],
    'query-status': () => ({ status: 'running', running: true }),
    'ringbuf-read': () => printed.splice(0).join(''),
    'query-uuid': () => ({ UUID: uuid }),
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('{"QMP": {}}\n')
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { execute, id } = JSON.parse(line)
        said.push(execute)
        socket.write(`${JSON.stringify({ return: answers[execute]?.() ?? {}, id })}\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(join(folder.machine, 'qmp'), resolve))
  const machine = await RunningMachine.connect(folder, identityOf(process.pid)!, uuid)
  t.after(() => {
    machine.endAs('stopped')
    machine.disconnect()
    for (const socket of sockets) socket.destroy()
    server.close()
    output.close()
    rmSync(path, { recursive: true })
  })
  machine.watch(
    () => {},
    (message) => faults.push(message),
  )
  const reset = (guest: boolean) => {
    open = false
    announce('RESET', { guest, reason: 'told' })
  }
  return { machine, folder, said, faults, printed, reset }
}

const until = async (condition: () => boolean) => {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(20)
  assert.ok(condition())
}

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
  machine.console.append(Buffer.from('Kernel panic - not syncing'))
  for (let i = 1; i <= 3; i++) {
    reset(true)
    await until(() => machine.resets === i)
  }
  assert.deepEqual([machine.console.boot, machine.answered], ['', false])
  machine.agentAnswered()
  assert.deepEqual([machine.resets, machine.answered], [0, true])
  reset(true)
  await until(() => machine.resets === 1)
  assert.equal(machine.answered, false)
})

test('a full disk takes no console, is told once, and the VM is looked after as before', async (t) => {
  const { machine, folder, faults, printed } = await machineOfOurs(t)
  await until(() => machine.portOpen)
  mkdirSync(join(folder.path, 'console.log'))
  for (const text of ['one', 'two', 'three']) {
    printed.push(Buffer.from(text).toString('base64'))
    await until(() => machine.console.boot.endsWith(text))
  }
  assert.equal(machine.console.boot, 'onetwothree')
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
