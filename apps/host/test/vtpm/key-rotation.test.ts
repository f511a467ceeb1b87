import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileKeyEncryptionKeys, type KeyEncryptionKeys } from '../../src/vtpm/key-encryption-key.ts'
import { StateKeyring } from '../../src/vtpm/sealing.ts'
import { STATE_FILE, VtpmFolder } from '../../src/vtpm/state-file.ts'

const KILLS = 6
const none = async () => []

async function made(t: TestContext, count: number) {
  const root = mkdtempSync(join(tmpdir(), 'tl-keys-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const folders = { keys: join(root, 'keys'), vms: join(root, 'vms') }
  mkdirSync(folders.vms)
  const open = async () => new StateKeyring(await FileKeyEncryptionKeys.open(folders.keys))
  const files = Array.from({ length: count }, (_, i) => ({
    vm: `vm-${i}`,
    path: join(folders.vms, `vm-${i}`),
  }))
  const keyring = await open()
  const secrets = []
  for (const file of files) secrets.push(await keyring.make(file))
  return { folders, files, secrets, keyring, open }
}

function keyFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.key'))
}

test('a rotation wraps every VM’s keys anew, and forgets the former key', async (t) => {
  const { folders, files, secrets, keyring } = await made(t, 5)
  const before = keyFiles(folders.keys)
  const { current, wrapped, refused } = await keyring.rotate(files, none)
  assert.equal(wrapped, 5)
  assert.deepEqual(refused, [])
  assert.deepEqual(keyFiles(folders.keys), [`${current}.key`])
  assert.notDeepEqual(keyFiles(folders.keys), before)
  for (const [i, file] of files.entries()) {
    assert.deepEqual(await keyring.open(file), secrets[i])
    assert.equal(JSON.parse(readFileSync(file.path, 'utf8')).keyEncryptionKey, current)
    assert.equal(statSync(file.path).mode & 0o777, 0o600)
  }
})

test('a former key is kept while a VM’s keys could not be wrapped anew', async (t) => {
  const { folders, files, secrets, keyring } = await made(t, 2)
  const whole = readFileSync(files[0]!.path)
  writeFileSync(files[0]!.path, '{}')
  assert.deepEqual((await keyring.rotate(files, none)).refused, ['vm-0'])
  assert.equal(keyFiles(folders.keys).length, 2)
  writeFileSync(files[0]!.path, whole)
  assert.deepEqual(await keyring.open(files[0]!), secrets[0])
  assert.deepEqual((await keyring.finishRotation(files, none)).refused, [])
  assert.equal(keyFiles(folders.keys).length, 1)
})

test('a former key is kept while a VM that has a vTPM shows no wrapped key, until it is forgotten', async (t) => {
  const { folders, files, secrets, keyring } = await made(t, 2)
  const owed = new Set(['vm-0', 'vm-1'])
  const vms = async () => [...owed]
  const aside = join(folders.vms, '../aside')
  renameSync(files[0]!.path, aside)
  for (const those of [files, files.slice(1)]) {
    assert.deepEqual((await keyring.rotate(those, vms)).refused, ['vm-0'])
    assert.deepEqual((await keyring.finishRotation(those, vms)).refused, ['vm-0'])
  }
  renameSync(aside, files[0]!.path)
  assert.deepEqual(await keyring.open(files[0]!), secrets[0])
  renameSync(files[0]!.path, aside)
  owed.delete('vm-0')
  assert.deepEqual((await keyring.finishRotation(files, vms)).refused, [])
  assert.equal(keyFiles(folders.keys).length, 1)
})

/** A keyring whose rotation calls `meanwhile` when it has read a file and not yet written it back. */
async function interrupted(keysFolder: string, meanwhile: () => Promise<void> | void) {
  const keys = await FileKeyEncryptionKeys.open(keysFolder)
  let renewed = false
  const slow: KeyEncryptionKeys = {
    current: () => keys.current(),
    wrap: (vm, secret) => keys.wrap(vm, secret),
    retireFormer: () => keys.retireFormer(),
    renew: () => {
      renewed = true
      return keys.renew()
    },
    unwrap: async (vm, wrapped) => {
      if (renewed) await meanwhile()
      return keys.unwrap(vm, wrapped)
    },
  }
  return new StateKeyring(slow)
}

test('a draft that takes its place while a rotation runs keeps its key', async (t) => {
  const { folders, open } = await made(t, 0)
  const waits: Promise<void>[] = []
  const keyring = await interrupted(folders.keys, async () => {
    waits.push(folder.promoteDraft())
    await sleep(50)
  })
  const folder = new VtpmFolder('vm', folders.vms, null, keyring)
  await folder.makeDraft(null)
  const secret = await keyring.make(folder.draftKey)
  writeFileSync(join(folder.draft, STATE_FILE), 'state')
  assert.deepEqual((await keyring.rotate([folder.key, folder.draftKey], none)).refused, [])
  await Promise.all(waits)
  assert.equal(waits.length, 1)
  assert.deepEqual(await (await open()).open(folder.key), secret)
  assert.deepEqual(readdirSync(folders.vms).sort(), ['vtpm', 'vtpm.key'])
})

test('a draft that is dropped while a rotation runs leaves no key', async (t) => {
  const { folders } = await made(t, 0)
  const waits: Promise<void>[] = []
  const keyring = await interrupted(folders.keys, async () => {
    waits.push(folder.removeDraft())
    await sleep(50)
  })
  const folder = new VtpmFolder('vm', folders.vms, null, keyring)
  await keyring.make(folder.draftKey)
  await keyring.rotate([folder.key, folder.draftKey], none)
  await Promise.all(waits)
  assert.deepEqual(readdirSync(folders.vms), [])
})

test('a file put back while a rotation runs keeps its key-encryption key', async (t) => {
  const { folders, files, secrets } = await made(t, 2)
  const before = readFileSync(files[0]!.path)
  const keyring = await interrupted(folders.keys, () => writeFileSync(files[0]!.path, before))
  assert.deepEqual((await keyring.rotate(files, none)).refused, ['vm-0'])
  assert.deepEqual(await keyring.open(files[0]!), secrets[0])
})

test('a key file that cannot be read at all is refused alone', async (t) => {
  const { folders, files, secrets, keyring } = await made(t, 2)
  rmSync(files[0]!.path)
  mkdirSync(files[0]!.path)
  const { refused, wrapped } = await keyring.rotate(files, none)
  assert.deepEqual([refused, wrapped], [['vm-0'], 1])
  assert.equal(keyFiles(folders.keys).length, 2)
  assert.deepEqual(await keyring.open(files[1]!), secrets[1])
})

test('a manager killed at any point of a rotation loses no key', async (t) => {
  const { folders, files, secrets, open } = await made(t, 12)
  for (let kill = 0; kill < KILLS; kill++) {
    const script = join(import.meta.dirname, 'rotate-in-a-loop.ts')
    const child = spawn(process.execPath, [script, folders.keys, folders.vms], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await sleep(Math.random() * 60)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const keyring = await open()
    for (const [i, file] of files.entries())
      assert.deepEqual(await keyring.open(file), secrets[i], `after kill ${kill}`)
    await keyring.finishRotation(files, none)
    assert.equal(keyFiles(folders.keys).length, 1)
    for (const [i, file] of files.entries())
      assert.deepEqual(await keyring.open(file), secrets[i], `finished after kill ${kill}`)
  }
})
