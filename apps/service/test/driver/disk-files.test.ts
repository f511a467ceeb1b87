import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openDiskFile } from '@trusted-launch/host'
import { DiskFiles } from '../../src/driver/disk-files.ts'

function aPlace(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'disks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const own = join(folder, 'own')
  return { disks: new DiskFiles(own), own, path: (name: string) => join(folder, name) }
}

const { signal } = new AbortController()
const raw = Buffer.alloc(3 << 20)
raw.write('the bytes', 2 << 20)

function bytesIn(path: string, at: number, length: number): string {
  const disk = openDiskFile(path, 'qcow2')
  const text = Buffer.from(disk.readAt(at, length)).toString('latin1')
  disk.close()
  return text
}

test('a raw and a qcow2 file become disks with their bytes, at least as large as asked for', async (t) => {
  const { disks, path } = aPlace(t)
  writeFileSync(path('raw'), raw)
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', path('raw'), path('qcow2')])
  assert.equal(await disks.take(path('raw'), '/a', null), 1)
  assert.equal(await disks.take(path('qcow2'), '/b', 5), 5)
  for (const id of ['/a', '/b']) assert.equal(bytesIn(disks.pathOf(id), 2 << 20, 9), 'the bytes')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path('large'), '3G'])
  await assert.rejects(disks.take(path('large'), '/c', 2), /has 3 GiB, more than the 2 GiB/)
  assert.equal(existsSync(disks.pathOf('/c')), false)
})

test('a file that names another one, or is none, becomes no disk, and nothing of it is left', async (t) => {
  const { disks, path, own } = aPlace(t)
  writeFileSync(path('raw'), raw)
  execFileSync('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    path('raw'),
    '-F',
    'raw',
    path('backed'),
  ])
  await assert.rejects(disks.take(path('backed'), '/a', null), /names another file/)
  writeFileSync(path('odd'), 'text')
  await assert.rejects(disks.take(path('odd'), '/a', null), /no whole sectors/)
  assert.deepEqual(readdirSync(own), [])
})

test('a copy is the same bytes and shares nothing; of a disk that was never attached it is empty', async (t) => {
  const { disks, path } = aPlace(t)
  await disks.ensure('/a', 1)
  writeFileSync(disks.pathOf('/a'), 'what a guest made of it names /etc/shadow')
  linkSync(disks.pathOf('/a'), path('lent'))
  assert.equal(await disks.copy('/a', '/b', 2, signal), 2)
  assert.ok(readFileSync(disks.pathOf('/b')).equals(readFileSync(disks.pathOf('/a'))))
  writeFileSync(disks.pathOf('/b'), 'other')
  assert.match(readFileSync(disks.pathOf('/a'), 'latin1'), /^what/)
  assert.equal(await disks.copy('/never', '/c', 2, signal), 2)
  const disk = openDiskFile(disks.pathOf('/c'), 'qcow2')
  assert.equal(disk.size, 2 * 2 ** 30)
  disk.close()
})

test('the file of each disk is its owner’s alone, however it was made', async (t) => {
  const { disks, path } = aPlace(t)
  writeFileSync(path('raw'), raw, { mode: 0o644 })
  await disks.ensure('/a', 1)
  await disks.copy('/a', '/b', 1, signal)
  await disks.take(path('raw'), '/c', null)
  await disks.keep(path('raw'), '/d', 'raw')
  for (const id of ['/a', '/b', '/c', '/d'])
    assert.equal((statSync(disks.pathOf(id)).mode & 0o777).toString(8), '600', id)
})

test('a copy or a conversion that is ended leaves nothing', async (t) => {
  const { disks, own, path } = aPlace(t)
  writeFileSync(path('raw'), raw)
  writeFileSync(disks.pathOf('/a'), raw)
  const ended = AbortSignal.abort()
  await assert.rejects(disks.copy('/a', '/b', 1, ended), { name: 'AbortError' })
  await assert.rejects(disks.take(path('raw'), '/c', null, ended), { name: 'AbortError' })
  assert.deepEqual(readdirSync(own), [basename(disks.pathOf('/a'))])
})

test('a disk larger than what disks are kept on is not made', async (t) => {
  const { disks, own } = aPlace(t)
  const room = await disks.roomGib()
  await assert.rejects(disks.ensure('/a', room + 1), /larger than what this host keeps disks on/)
  assert.deepEqual(readdirSync(own), [])
})

test('what disks have taken is still room for disks: their own files, and those of VMs’ own', async (t) => {
  const { disks, path } = aPlace(t)
  const [first, second] = [await disks.roomGib(), await disks.roomGib([path('none')])]
  assert.ok(Math.abs(first - second) <= 1)
  for (const file of [disks.pathOf('/a'), path('vm-disk')]) {
    const before = await disks.roomGib([path('vm-disk')])
    execFileSync('fallocate', ['-l', '3G', file])
    assert.ok((await disks.roomGib([path('vm-disk')])) > before - 3, file)
    if (file === path('vm-disk')) assert.ok((await disks.roomGib()) <= before - 2)
  }
})

test('a disk that a VM had as its own is taken over, raw or qcow2; what is no file of its own is not', async (t) => {
  const { disks, path } = aPlace(t)
  writeFileSync(path('raw'), raw)
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', path('raw'), path('qcow2')])
  await disks.keep(path('raw'), '/a', 'raw')
  await disks.keep(path('qcow2'), '/b', 'qcow2')
  for (const id of ['/a', '/b']) assert.equal(bytesIn(disks.require(id), 2 << 20, 9), 'the bytes')
  assert.deepEqual([existsSync(path('raw')), existsSync(path('qcow2'))], [false, false])
  await disks.keep(path('raw'), '/a', 'raw')
  assert.equal(bytesIn(disks.require('/a'), 2 << 20, 9), 'the bytes')
  symlinkSync('/etc/passwd', path('link'))
  await assert.rejects(disks.keep(path('link'), '/c', 'raw'), /no disk of a VM's own/)
  assert.throws(() => disks.require('/c'), /no bytes of the disk/)
  await disks.facts.keep('/a', { variables: Uint8Array.of(1), osType: 'Windows' })
  assert.deepEqual(
    [
      [...(await disks.facts.variablesOf('/a'))!],
      disks.facts.osTypeOf('/a'),
      disks.facts.osTypeOf('/b'),
    ],
    [[1], 'Windows', 'Linux'],
  )
  disks.remove('/a')
  assert.equal(await disks.facts.variablesOf('/a'), null)
})

test('what a killed process wrote of a disk and did not finish goes when the folder is next opened', async (t) => {
  const { disks, own, path } = aPlace(t)
  writeFileSync(path('raw'), raw)
  await disks.take(path('raw'), '/a', null)
  writeFileSync(`${disks.pathOf('/b')}.new`, 'half')
  new DiskFiles(own)
  assert.deepEqual(readdirSync(own), [basename(disks.pathOf('/a'))])
})

test('a disk is read as its guest sees it, anywhere in it and nowhere beyond', async (t) => {
  const { disks, path } = aPlace(t)
  writeFileSync(path('raw'), raw)
  await disks.take(path('raw'), '/a', null)
  assert.equal(await disks.bytesOf('/a'), raw.length)
  assert.equal(Buffer.from(await disks.read('/a', 2 << 20, 9)).toString(), 'the bytes')
  await assert.rejects(disks.read('/a', raw.length - 1, 2), /beyond the end/)
  await assert.rejects(disks.bytesOf('/none'), /no bytes of the disk/)
})
