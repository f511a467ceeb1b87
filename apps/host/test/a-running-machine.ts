import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { guest } from '../../../packages/channel/test/a-guest.ts'
import { MachineFolder } from '../src/machine/folder.ts'
import type { MonitorLimits } from '../src/machine/qemu-process.ts'
import { RunningMachine } from '../src/machine/running-machine.ts'
import { Output } from '../src/output.ts'
import { identityOf } from '../src/process.ts'

/**
 * A monitor of ours in place of QEMU's: the agent's port is open until the machine is reset. With `id` its
 * folder is in a state directory, `top`.
 */
export async function monitorOfOurs(t: TestContext, id: string | null = null) {
  const top = mkdtempSync(join(tmpdir(), 'tl-running-'))
  const path = id === null ? top : join(top, 'vms', id)
  mkdirSync(path, { recursive: true })
  const folder = new MachineFolder(path, null)
  mkdirSync(folder.machine)
  const output = await Output.makePipe(folder.output)
  let open = true
  let hung = false
  const uuid = '6f1c2a52-2a43-4d0e-9d5e-000000000001'
  const printed: string[] = []
  const said: string[] = []
  const links: { name: string; up: boolean }[] = []
  const sockets = new Set<Socket>()
  const announce = (event: string, data: object) => {
    for (const socket of sockets) socket.write(`${JSON.stringify({ event, data })}\n`)
  }
  const answers: Record<string, () => unknown> = {
    'query-chardev': () => [{ label: 'agent', filename: 'unix:agent', 'frontend-open': open }],
    'query-status': () => ({ status: 'running', running: true }),
    'ringbuf-read': () => printed.splice(0).join(''),
    'query-named-block-nodes': () => [],
    'query-uuid': () => ({ UUID: uuid }),
  }
  const agent = createServer((socket) => {
    const answers = guest()
    socket.on('error', () => {})
    socket.on('data', (data) => {
      for (const answer of answers(data)) socket.write(answer)
    })
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('{"QMP": {}}\n')
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { execute, arguments: given, id } = JSON.parse(line)
        said.push(execute)
        if (execute === 'set_link') links.push(given)
        if (hung) continue
        socket.write(`${JSON.stringify({ return: answers[execute]?.() ?? {}, id })}\n`)
      }
    })
  })
  const listen = () =>
    new Promise<void>((resolve) => server.listen(join(folder.machine, 'qmp'), resolve))
  await listen()
  /** What is to be let go of before the monitor is. */
  const first: (() => unknown)[] = []
  t.after(async () => {
    for (const done of first) await done()
    for (const socket of sockets) socket.destroy()
    server.close()
    agent.close()
    output.close()
    rmSync(top, { recursive: true, force: true })
  })
  const reset = (guest: boolean) => {
    open = false
    announce('RESET', { guest, reason: 'told' })
  }
  const print = (text: string) => printed.push(Buffer.from(text).toString('base64'))
  /** A line that ends our connection to a monitor that is sound. */
  const garble = () => {
    for (const socket of sockets) socket.write('not QMP\n')
  }
  const answer = () =>
    new Promise<void>((resolve) => agent.listen(join(folder.machine, 'agent'), resolve))
  /** It answers no more. */
  const hang = () => {
    hung = true
  }
  const deafen = () => server.close()
  return {
    top,
    folder,
    uuid,
    answers,
    said,
    links,
    first,
    print,
    reset,
    garble,
    answer,
    deafen,
    listen,
    hang,
  }
}

/** The same, taken hold of. */
export async function machineOfOurs(t: TestContext, limits: MonitorLimits = {}) {
  const monitor = await monitorOfOurs(t)
  const { folder, uuid, first } = monitor
  const faults: string[] = []
  const ends: string[] = []
  const machine = await RunningMachine.connect(folder, identityOf(process.pid)!, uuid, limits)
  first.push(() => {
    machine.endAs('stopped')
    machine.disconnect()
  })
  const events: string[] = []
  machine.watch({
    onEnd: (how) => ends.push(how),
    onFault: (message) => faults.push(message),
    onEvent: (what) => events.push(what),
    onVtpmLost: () => events.push('vtpm-lost'),
  })
  return { ...monitor, machine, faults, ends, events }
}

export const until = async (condition: () => boolean, limitMs = 4_000) => {
  for (let i = 0; i < limitMs / 20 && !condition(); i++) await sleep(20)
  assert.ok(condition())
}
