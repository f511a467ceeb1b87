import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { StateError } from '../src/errors.ts'
import { readDurably, StateDirectory, writeDurably } from '../src/state-directory.ts'

const root = mkdtempSync(join(tmpdir(), 'tl-state-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))
const door = new URL('../src/state-directory.ts', import.meta.url).href
const bytes = (text: string) => new TextEncoder().encode(text)

/** Another process that opens the state directory and then waits; what nobody holds would be collected, and its lock go. */
async function otherManager(t: TestContext, path: string) {
  const script = `import { StateDirectory } from '${door}'
    const state = StateDirectory.open(${JSON.stringify(path)})
    console.log('open'); setInterval(() => state.path, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

test('a second manager is refused while the first lives', async (t) => {
  const path = join(root, 'locked')
  const first = await otherManager(t, path)
  assert.throws(() => StateDirectory.open(path), { code: 'state-locked' })
  first.kill('SIGKILL')
  await once(first, 'exit')
})

test('a state directory reached through a link is named by its real path', () => {
  const path = join(root, 'real')
  const link = join(root, 'link')
  symlinkSync(path, link)
  mkdirSync(path)
  const state = StateDirectory.open(link)
  assert.equal(state.folder('vm-1'), join(path, 'vms', 'vm-1'))
  state.close()
})

test('after kill -9 of a manager the next one has the lock at once', async (t) => {
  const path = join(root, 'killed')
  for (let i = 0; i < 3; i++) {
    const manager = await otherManager(t, path)
    manager.kill('SIGKILL')
    await once(manager, 'exit')
    StateDirectory.open(path).close()
  }
})

test('in one process too, a second manager is refused until the first closes', () => {
  const path = join(root, 'twice')
  const first = StateDirectory.open(path)
  assert.throws(() => StateDirectory.open(path), { code: 'state-locked' })
  first.close()
  StateDirectory.open(path).close()
})

test('the state directory and its files are for their owner only', async () => {
  const path = join(root, 'modes')
  const directory = StateDirectory.open(path)
  await writeDurably(join(path, 'secret'), bytes('x'), 0o600)
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.equal(statSync(join(path, 'vms')).mode & 0o777, 0o700)
  assert.equal(statSync(join(path, 'secret')).mode & 0o777, 0o600)
  assert.equal(statSync(join(path, 'lock')).mode & 0o777, 0o600)
  directory.close()
})

test('a file killed while it is written is the old one or the new one, whole', async () => {
  const path = join(root, 'atomic')
  StateDirectory.open(path).close()
  const file = join(path, 'machine.json')
  const script = `import { writeDurably } from '${door}'
    for (let i = 0; ; i++) {
      await writeDurably(${JSON.stringify(file)}, new Uint8Array(65536).fill(i), 0o600)
      if (i === 3) console.log('on')
    }`
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout!, 'data')
    await new Promise((resolve) => setTimeout(resolve, round * 3))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const read = await readDurably(file)
    assert.equal(read?.length, 65536)
    assert.ok(read.every((byte) => byte === read[0]))
  }
})

test('half-written files are removed when the state directory is opened, others stay', async () => {
  const path = join(root, 'leftovers')
  StateDirectory.open(path).close()
  writeFileSync(join(path, '.machine.json.0123456789abcdef.tmp'), 'half')
  writeFileSync(join(path, 'notes.tmp'), 'whole')
  StateDirectory.open(path).close()
  assert.deepEqual(readdirSync(path).sort(), ['lock', 'notes.tmp', 'vms'])
})

test('what a VM’s QEMU puts in its folder keeps nobody from opening the state directory', () => {
  const path = join(root, 'hostile')
  const machine = join(path, 'vms/vm-1/machine')
  const elsewhere = join(root, 'elsewhere')
  const name = (letter: string) => `.${letter}.0123456789abcdef.tmp`
  for (const each of [join(machine, name('a')), elsewhere]) mkdirSync(each, { recursive: true })
  writeFileSync(join(elsewhere, 'kept'), '')
  writeFileSync(join(machine, name('a'), 'kept'), '')
  symlinkSync(elsewhere, join(machine, name('b')))
  writeFileSync(join(machine, name('c')), 'half')
  writeFileSync(join(path, 'vms/no-folder'), '')
  StateDirectory.open(path).close()
  assert.deepEqual(readdirSync(machine), [name('a')])
  assert.deepEqual(readdirSync(elsewhere), ['kept'])
})

test('a file over the limit is refused unread, a missing one is null', async () => {
  const file = join(root, 'large')
  writeFileSync(file, new Uint8Array(11))
  await assert.rejects(
    readDurably(file, 10),
    (e) => e instanceof StateError && e.code === 'state-too-large',
  )
  assert.equal((await readDurably(file, 11))?.length, 11)
  assert.equal(await readDurably(join(root, 'missing')), null)
})

test('an id that could leave the folder is refused', () => {
  const directory = StateDirectory.open(join(root, 'ids'))
  for (const id of ['', '..', 'a/b', '.hidden', 'UPPER', '-a', 'a-', 'x'.repeat(65), 'a\0b'])
    assert.throws(() => directory.folder(id), { code: 'state-bad-id' })
  assert.equal(directory.folder('vm-1'), join(root, 'ids/vms/vm-1'))
  directory.close()
})
