import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { blockOf } from '../src/accounts.ts'
import { type Host, type LogEntry, type MachineSpec, openHost } from '../src/index.ts'
import { removeRecord } from '../src/machine/record.ts'
import { findProgram, identityOf } from '../src/process.ts'

const spec = {
  name: 'a test',
  memoryMiB: 512,
  vcpus: 1,
  secureBoot: false,
  signatures: null,
  vtpm: { banks: ['sha256' as const] },
}

/** A state directory that one manager after the other opens, and what the last one said. */
async function place(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'tl-host-'))
  const disk = { path: join(path, 'image'), format: 'raw' as const }
  writeFileSync(disk.path, new Uint8Array(4096))
  const stateDirectory = join(path, 'state')
  let host: Host | null = null
  const log: LogEntry[] = []
  t.after(async () => {
    await host?.close()
    rmSync(path, { recursive: true })
  })
  return {
    log,
    folder: (id: string) => join(stateDirectory, 'vms', id),
    stateDirectory,
    create: (id: string, change: Partial<MachineSpec> = {}) =>
      host!.create({ ...spec, id, disk, ...change }),
    async open(): Promise<Host> {
      await host?.close()
      log.length = 0
      host = await openHost({ stateDirectory, log: (entry) => log.push(entry) })
      return host
    },
  }
}

test('a VM whose record cannot be read is told, keeps its accounts, and leaves the others alone', async (t) => {
  const { open, create, folder, log } = await place(t)
  await open()
  const damaged = await create('damaged')
  await create('sound')
  writeFileSync(join(folder('damaged'), 'machine.json'), '{ "version"')
  const host = await open()
  assert.deepEqual(
    host.machines().map(({ id }) => id),
    ['sound'],
  )
  assert.throws(() => host.machine('damaged'), { code: 'machine-damaged' })
  assert.ok(log.some(({ event, vm }) => event === 'damaged' && vm === 'damaged'))
  await assert.rejects(create('damaged'), { code: 'machine-exists' })
  const next = await create('next')
  if (damaged.accounts.qemu !== null)
    assert.notDeepEqual(next.accounts.qemu, damaged.accounts.qemu, 'it may run yet')
})

test('a copy of a VM’s folder is no VM, and costs the VM nothing', async (t) => {
  const { open, create, folder, stateDirectory } = await place(t)
  await open()
  await create('a')
  cpSync(folder('a'), folder('a-copy'), { recursive: true })
  const host = await open()
  assert.deepEqual(
    host.machines().map((machine) => [machine.id, machine.folder]),
    [['a', folder('a')]],
  )
  assert.throws(
    () => host.machine('a-copy'),
    ({ code, cause }) => code === 'machine-damaged' && cause.code === 'state-malformed',
  )
  assert.ok(existsSync(join(stateDirectory, 'journal/a.json')))
  assert.deepEqual((await host.rotateKeys()).refused, ['a-copy'])
  await host.delete('a-copy')
  assert.equal(existsSync(folder('a-copy')), false)
  assert.equal((await open()).machine('a').id, 'a')
  assert.ok(existsSync(join(stateDirectory, 'journal/a.json')))
})

test('a VM that cannot be made says why, leaves nothing, and can be made again', async (t) => {
  const { open, create, folder, stateDirectory } = await place(t)
  const host = await open()
  const disk = { path: join(stateDirectory, 'no-image'), format: 'raw' as const }
  for (let i = 0; i < 3; i++) {
    await assert.rejects(
      host.create({ ...spec, id: 'vm-1', disk }),
      ({ code, syscall }) => code === 'ENOENT' && syscall === 'copyfile',
    )
    assert.equal(existsSync(folder('vm-1')), false)
    assert.deepEqual(readdirSync(join(stateDirectory, 'journal')), [])
  }
  await create('vm-1')
})

test('a damaged VM can be removed, with what runs of it, and made again', async (t) => {
  const { open, create, folder, stateDirectory } = await place(t)
  await open()
  await create('vm-1')
  const program = join(stateDirectory, 'qemu-system-ours')
  copyFileSync('/bin/sleep', program)
  const qemu = spawn(program, ['600'], { cwd: join(folder('vm-1'), 'machine'), stdio: 'ignore' })
  t.after(() => qemu.kill('SIGKILL'))
  await once(qemu, 'spawn')
  writeFileSync(join(folder('vm-1'), 'machine.json'), '{')
  const host = await open()
  const ended = once(qemu, 'exit')
  await Promise.all([host.delete('vm-1'), host.delete('vm-1')])
  await ended
  assert.equal(existsSync(folder('vm-1')), false)
  assert.deepEqual(readdirSync(join(stateDirectory, 'journal')), [])
  await assert.rejects(host.delete('vm-1'), { code: 'machine-missing' })
  await create('vm-1')
})

test('a VM that a killed manager was making is none, and can be made again', async (t) => {
  const { open, create, folder, stateDirectory } = await place(t)
  const pipe = join(stateDirectory, '../pipe')
  execFileSync('mkfifo', [pipe]) // reading the image never ends
  const script = `import { openHost } from '${new URL('../src/index.ts', import.meta.url).href}'
    const host = await openHost({ stateDirectory: ${JSON.stringify(stateDirectory)} })
    await host.create(${JSON.stringify({ ...spec, id: 'vm-1', disk: { path: pipe, format: 'raw' } })})`
  const manager = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(() => manager.kill('SIGKILL'))
  const journal = join(stateDirectory, 'journal/vm-1.json')
  while (!existsSync(journal) && manager.exitCode === null) await sleep(10)
  manager.kill('SIGKILL')
  await once(manager, 'exit')
  assert.ok(existsSync(folder('vm-1')))
  const host = await open()
  assert.deepEqual(host.machines(), [])
  assert.equal(existsSync(folder('vm-1')), false)
  assert.equal(existsSync(journal), false)
  await create('vm-1')
})

test('a VM half removed by a killed manager is none, and can be made again', async (t) => {
  const { open, create, folder } = await place(t)
  await open()
  await create('vm-1')
  await removeRecord(folder('vm-1'))
  await rm(join(folder('vm-1'), 'vtpm'), { recursive: true })
  const host = await open()
  assert.deepEqual(host.machines(), [])
  assert.equal(existsSync(folder('vm-1')), false)
  await create('vm-1')
})

test('a folder without a record is damaged and stays; an empty one goes, its journal stays', async (t) => {
  const { open, create, folder, stateDirectory } = await place(t)
  await open()
  await create('vm-1')
  const record = readFileSync(join(folder('vm-1'), 'machine.json'))
  rmSync(join(folder('vm-1'), 'machine.json'))
  const host = await open()
  assert.throws(() => host.machine('vm-1'), { code: 'machine-damaged' })
  writeFileSync(join(folder('vm-1'), 'machine.json'), record)
  assert.equal((await open()).machine('vm-1').status().state, 'stopped')
  rmSync(folder('vm-1'), { recursive: true })
  mkdirSync(folder('vm-1'))
  await open()
  assert.equal(existsSync(folder('vm-1')), false)
  assert.ok(existsSync(join(stateDirectory, 'journal/vm-1.json')))
})

test('a VM whose folder is gone without having been deleted keeps its journal until it is', async (t) => {
  const { open, create, folder } = await place(t)
  await open()
  await create('vm-1')
  rmSync(folder('vm-1'), { recursive: true })
  await open()
  for (let i = 0; i < 2; i++) await assert.rejects(create('vm-1'), { code: 'vtpm-exists' })
  await (await open()).delete('vm-1')
  await create('vm-1')
})

test('a QEMU that does not greet its new manager is unreachable, holds up nobody, and ends by force', async (t) => {
  const { open, create, folder } = await place(t)
  await open()
  await create('silent')
  await create('other')
  const machine = join(folder('silent'), 'machine')
  const program = join(tmpdir(), 'qemu-system-silent')
  copyFileSync('/bin/sleep', program)
  const qemu = spawn(program, ['600'], { cwd: machine, stdio: 'ignore' })
  t.after(() => {
    qemu.kill('SIGKILL')
    rmSync(program)
  })
  await new Promise((resolve) => qemu.once('spawn', resolve))
  const path = join(folder('silent'), 'machine.json')
  const record = JSON.parse(readFileSync(path, 'utf8'))
  const run = { qemu: identityOf(qemu.pid!), swtpm: null, released: true }
  writeFileSync(path, JSON.stringify({ ...record, run }))
  const host = await open()
  const silent = host.machine('silent')
  assert.equal(host.machine('other').status().state, 'stopped')
  assert.equal(silent.status().state, 'unreachable')
  await assert.rejects(silent.start(), { code: 'machine-unreachable' })
  await assert.rejects(silent.waitForAgent(1), { code: 'machine-unreachable' })
  await silent.stop()
  assert.equal(silent.status().state, 'stopped')
  assert.equal(identityOf(qemu.pid!), null)
})

test("the key of a VM whose folder is put aside outlives a rotation and the next managers' looks", async (t) => {
  const { open, create, folder, stateDirectory } = await place(t)
  const host = await open()
  await create('a')
  await create('b')
  const key = join(folder('a'), 'vtpm.key')
  renameSync(key, `${key}.good`)
  writeFileSync(key, '{}')
  assert.deepEqual((await host.rotateKeys()).refused, ['a'])
  const keys = () => readdirSync(join(stateDirectory, 'keys')).filter((name) => /key$/.test(name))
  renameSync(folder('a'), join(stateDirectory, 'aside'))
  await open()
  assert.equal(keys().length, 2)
  renameSync(join(stateDirectory, 'aside'), folder('a'))
  renameSync(`${key}.good`, key)
  await open()
  assert.equal(keys().length, 1)
  const { keyEncryptionKey } = JSON.parse(readFileSync(key, 'utf8'))
  assert.deepEqual(keys(), [`${keyEncryptionKey}.key`])
})

test('a vTPM that was switched off is the same again when it is switched on, also under the next manager', async (t) => {
  const { open, create } = await place(t)
  await open()
  const { identity } = await create('vm-1')
  const vm = async () => (await open()).machine('vm-1')
  await (await vm()).settings.setVtpm(false)
  const off = await vm()
  assert.deepEqual([off.identity, off.spec.vtpm], [null, null])
  await assert.rejects(off.reprovision(), { code: 'machine-no-vtpm' })
  await off.settings.setVtpm(true)
  assert.deepEqual((await vm()).identity, identity)
  assert.deepEqual((await vm()).spec.vtpm, { banks: ['sha256'] })
})

test('a VM made without a vTPM has no identity, is no trouble to a rotation, and may have one later', async (t) => {
  const { open, create } = await place(t)
  await open()
  const vm = await create('vm-1', { vtpm: null })
  assert.equal(vm.identity, null)
  const host = await open()
  assert.deepEqual((await host.rotateKeys()).refused, [])
  const later = host.machine('vm-1')
  await assert.rejects(later.settings.setVtpm(true, ['sha384']), { code: 'machine-bad-spec' })
  await later.settings.setVtpm(true)
  assert.equal(later.identity?.generation, 1)
  await assert.rejects(later.settings.reshape({ vcpus: 0, memoryMiB: 512 }), {
    code: 'machine-bad-spec',
  })
  await later.settings.reshape({ vcpus: 3, memoryMiB: 768 })
  const { vcpus, memoryMiB } = (await open()).machine('vm-1').spec
  assert.deepEqual([vcpus, memoryMiB], [3, 768])
})

test('a VM whose forwarded port is taken says so, and starts once it has another network', async (t) => {
  const { open, create } = await place(t)
  await open()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const forwards = [{ hostAddress: '127.0.0.1' as const, hostPort: port, guestPort: 22 }]
  const network = { kind: 'user' as const, mac: '52:54:00:12:34:56', forwards }
  const vm = await create('vm-1', { network, vtpm: null })
  await assert.rejects(vm.start(), { code: 'process-not-started', message: /forward/ })
  assert.equal(vm.status().state, 'stopped')
  await assert.rejects(vm.settings.setNetwork({ ...network, mac: '01:00:5e:00:00:01' }), {
    code: 'machine-bad-spec',
  })
  await vm.settings.setNetwork({ ...network, forwards: [] })
  await vm.start()
  await vm.stop({ graceful: false })
})

test('the rules that close the loopback go with the last VM, also when a former manager loaded them', {
  skip: process.getuid?.() !== 0 || findProgram('nft') === null ? 'needs root and nft' : false,
}, async (t) => {
  const { open, create, stateDirectory } = await place(t)
  await open()
  const network = { kind: 'user' as const, mac: '52:54:00:12:34:56', forwards: [] }
  const vm = await create('vm-1', { network, vtpm: null })
  const table = `trusted_launch_${blockOf(stateDirectory).first}`
  const isLoaded = () =>
    execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).includes(table)
  await vm.start()
  const host = await open()
  assert.ok(isLoaded(), 'it runs on')
  await host.delete('vm-1')
  await host.close()
  assert.ok(!isLoaded())
})

test('a Windows VM is refused where it cannot be protected, and leaves nothing', async (t) => {
  const { open, create, folder } = await place(t)
  const { accelerator } = await (await open()).acceleration()
  if (accelerator === 'kvm') return t.skip('this host has KVM')
  await assert.rejects(create('vm-1', { guest: 'windows' }), { code: 'machine-not-here' })
  assert.equal(existsSync(folder('vm-1')), false)
})

test('what a killed manager left of its probe is gone when the next one opens', async (t) => {
  const { open, stateDirectory } = await place(t)
  await open()
  mkdirSync(join(stateDirectory, 'probe-abc'))
  writeFileSync(join(stateDirectory, 'probe-abc.log'), 'half')
  await open()
  assert.equal(existsSync(join(stateDirectory, 'probe-abc')), false)
  assert.equal(existsSync(join(stateDirectory, 'probe-abc.log')), false)
})
