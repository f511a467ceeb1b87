import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChannelError } from '@trusted-launch/channel'
import { evidence } from '../../../packages/channel/test/a-guest.ts'
import { Host } from '../src/host.ts'
import type { Invocation } from '../src/invocation.ts'
import { storeStarted } from '../src/machine/kept-store.ts'
import { Machine } from '../src/machine/machine.ts'
import { type Held, readRecord, writeRecord } from '../src/machine/record.ts'
import type { MachineHost } from '../src/machine/shared.ts'
import { identityOf } from '../src/process.ts'
import { FILES, IDS } from '../src/qemu-args.ts'
import { StateDirectory } from '../src/state-directory.ts'
import { VtpmError } from '../src/vtpm/errors.ts'
import { UNANSWERED_MAX } from '../src/vtpm/rollback-index.ts'
import { monitorOfOurs, until } from './a-running-machine.ts'

/** What a former manager left of a VM that runs, with a process of ours for its QEMU. */
async function left(
  t: TestContext,
  id: string | null,
  {
    cwd,
    held,
    lun,
    asked,
    network = null,
  }: {
    asked?: Invocation | undefined
    cwd?: string | undefined
    held?: Held | undefined
    lun?: number | undefined
    network?: object | null
  } = {},
) {
  const monitor = await monitorOfOurs(t, id)
  const { folder, uuid, first, answers } = monitor
  const program = join(folder.path, 'qemu-system-ours')
  copyFileSync('/bin/sleep', program)
  const qemu = spawn(program, ['600'], { cwd: cwd ?? folder.machine, stdio: 'ignore' })
  first.push(() => qemu.kill('SIGKILL'))
  answers.quit = () => qemu.kill('SIGKILL')
  await new Promise((resolve) => qemu.once('spawn', resolve))
  const path = join(folder.path, 'data')
  writeFileSync(path, '')
  await writeRecord(folder.path, {
    version: 1,
    spec: {
      id: folder.path.split('/').at(-1)!,
      disk: { format: 'raw' },
      signatures: null,
      vtpm: { banks: [] },
      network,
      dataDisks: lun === undefined ? null : [{ lun, path, format: 'raw' }],
    },
    uuid,
    accounts: { qemu: null, swtpm: null },
    identity: {},
    run: {
      qemu: identityOf(qemu.pid!),
      swtpm: null,
      released: true,
      ...(held === undefined ? {} : { held }),
      ...(asked === undefined ? {} : { asked }),
    },
    isolated: false,
    lastEnd: 'never',
  } as never)
  return { ...monitor, qemu }
}

/** The same, taken over. */
async function adopted(
  t: TestContext,
  vtpm: Partial<MachineHost['vtpm']> = {},
  options: {
    asked?: Invocation
    cwd?: string
    held?: Held
    lun?: number
    network?: object
  } = {},
) {
  const monitor = await left(t, null, options)
  const { folder, first, qemu } = monitor
  const events: string[] = []
  const seen: string[] = []
  const host = {
    vtpm: { stopped: async () => {}, forget: async () => {}, ...vtpm },
    log: ({ event }: { event: string }) => events.push(event),
    forget: () => {},
    saw: (_: string, what: string) => seen.push(what),
  } as unknown as MachineHost
  const vm = (await Machine.adopt(host, folder.path))!
  first.unshift(() => vm.release())
  const next = async () => {
    await vm.release()
    const vm2 = (await Machine.adopt(host, folder.path))!
    first.unshift(() => vm2.release())
    return vm2
  }
  assert.equal(vm.status().state, 'running')
  return { ...monitor, vm, next, events, seen, runs: () => identityOf(qemu.pid!) !== null }
}

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

const lostVtpm = { label: IDS.tpm, filename: 'disconnected:unix:tpm', 'frontend-open': true }
const request = { nonce: new Uint8Array(32), pcrs: [0], banks: ['sha256' as const] }
const extendNonce = new Uint8Array(32).fill(7)

test('evidence without the index, when too many nonces are unanswered', async (t) => {
  const { vm, events, answer } = await adopted(t, {
    starts: async () => ({ pending: [] }) as never,
    recordIssued: async () => {
      throw new VtpmError('vtpm-unanswered', 'vm', 'eight of them')
    },
    recordAttested: async () => assert.fail('nothing was extended'),
  })
  await answer()
  assert.deepEqual((await vm.collectEvidence({ ...request, extendNonce })).info, evidence.info)
  assert.ok(events.includes('rollback-index'))
})

test('a guest that gives no evidence 500 times leaves four nonces unanswered, and its next evidence has the index', async (t) => {
  const pending: Uint8Array[] = []
  const { vm, answer } = await adopted(t, {
    starts: async () => ({ pending }) as never,
    recordIssued: async (_, nonce) => void pending.push(nonce),
    recordAttested: async () => {
      pending.length = 0
      return 'continued'
    },
  })
  await answer()
  const { channel } = vm
  const collect = channel.collectEvidence.bind(channel)
  channel.collectEvidence = async () => {
    throw new ChannelError('answer-late', 'it does not come')
  }
  for (let i = 0; i < 500; i++)
    await assert.rejects(vm.collectEvidence({ ...request, extendNonce }), { code: 'answer-late' })
  assert.equal(pending.length, UNANSWERED_MAX / 2)
  channel.collectEvidence = collect
  const { rollback } = await vm.collectEvidence({ ...request, extendNonce })
  assert.deepEqual(rollback, evidence.rollback)
  assert.equal(pending.length, 0)
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
