import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openHost } from '@trusted-launch/host'
import { closeAtEnd, specOf, testFolder } from './machines.ts'

const tl = join(import.meta.dirname, '../../apps/cli/bin/tl.mjs')
const VMS = 8
const KILLS = 8

test('tl key rotate, killed at random moments, leaves every vTPM opening and a running VM alone', async (t) => {
  const root = testFolder(t)
  const stateDirectory = join(root, 'state')
  const path = join(root, 'disk')
  writeFileSync(path, '')
  truncateSync(path, 1 << 20)
  const ids = Array.from({ length: VMS }, (_, i) => `vm-${i}`)

  /** The keys there are, and how many VMs' keys are wrapped with which. */
  const keys = () => {
    const names = readdirSync(join(stateDirectory, 'keys')).filter((name) => name.endsWith('.key'))
    return names.map((name) => name.slice(0, -'.key'.length))
  }
  const wrappedWith = (id: string) =>
    JSON.parse(readFileSync(join(stateDirectory, 'vms', id, 'vtpm.key'), 'utf8'))
      .keyEncryptionKey as string
  /** The real command, its launcher and what that started in a group of their own. */
  const rotate = () => {
    const args = [tl, 'key', 'rotate', '--state', stateDirectory, '--json']
    const child = spawn(process.execPath, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    let out = ''
    child.stdout!.on('data', (text) => {
      out += text
    })
    return { child, closed, out: () => out }
  }

  let host = await openHost({ stateDirectory })
  closeAtEnd(t, { machines: () => host.machines(), close: () => host.close() } as typeof host)
  for (const id of ids) await host.create(specOf({ path, format: 'raw' }, { id }))
  const running = host.machine('vm-0')
  await running.start()
  const { pid } = running.processes!.qemu!
  await host.close()

  const interrupted: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const former = keys()
    const after = randomInt(VMS)
    const { child, closed } = rotate()
    const anew = () => ids.filter((id) => !former.includes(wrappedWith(id))).length
    while (child.exitCode === null && (keys().length === former.length || anew() < after))
      await sleep(1)
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
    await closed
    if (keys().length > 1) interrupted.push(anew())

    host = await openHost({ stateDirectory })
    assert.equal(keys().length, 1, 'the next manager does the rest')
    const vm = host.machine(ids[1 + (kill % (VMS - 1))]!)
    await vm.start()
    await vm.stop({ graceful: false })
    await host.close()
  }
  t.diagnostic(`killed with so many of ${VMS} wrapped anew: ${interrupted.join(' ')}`)
  assert.ok(interrupted.length > 0, 'a rotation was interrupted')

  const former = keys()
  const { child, closed, out } = rotate()
  await closed
  assert.equal(child.exitCode, 0)
  const { current, wrapped, refused } = JSON.parse(out())
  assert.deepEqual([wrapped, refused, keys()], [VMS, [], [current]])
  assert.ok(!former.includes(current))

  host = await openHost({ stateDirectory })
  assert.equal(host.machine('vm-0').processes!.qemu!.pid, pid)
  await host.machine('vm-0').stop({ graceful: false })
  for (const vm of host.machines()) {
    await vm.start()
    await vm.stop({ graceful: false })
  }
})
