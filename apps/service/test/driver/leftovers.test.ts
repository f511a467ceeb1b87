import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { NamedFile } from '../../src/domain/host/leftovers.ts'
import { DiskFiles } from '../../src/driver/disk-files.ts'
import { leftoversOn } from '../../src/driver/leftovers.ts'
import { LocalImages } from '../../src/driver/local-images.ts'
import { diskShelf } from '../../src/driver/shelves.ts'

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'leftovers-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function* named(...files: NamedFile[]): AsyncGenerator<NamedFile> {
  yield* files
}

const nobodys = async () => false

test('a disk’s files are found under one name, whole or half written, and what was worked with goes at once', async (t) => {
  const folder = aFolder(t)
  const disks = new DiskFiles(folder)
  await disks.ensure('/a', 1)
  await disks.facts.keep('/a', { variables: Uint8Array.of(1), osType: 'Linux' })
  await disks.ensure('/b', 1)
  writeFileSync(`${disks.pathOf('/c')}.new`, Buffer.alloc(1 << 16, 1))
  for (const other of ['readme', `.${disks.nameOf('/a')}.qcow2.vars.00.tmp`, 'x.qcow2'])
    writeFileSync(join(folder, other), '')
  mkdirSync(join(folder, '.work-1'))
  const shelf = diskShelf('disk', disks, () => false)
  const found = await leftoversOn([shelf], () => named({ kind: 'disk', name: '/B' }))
  assert.deepEqual(
    found.map(({ name }) => name).sort(),
    [disks.nameOf('/a'), disks.nameOf('/c')].sort(),
  )
  const half = found.find(({ name }) => name === disks.nameOf('/c'))!
  assert.ok(half.bytes >= 1 << 16)
  assert.ok(Math.abs(half.changedAt - Date.now()) < 60_000)
  for (const file of found) assert.equal(await shelf.remove(file, nobodys), true)
  new DiskFiles(folder)
  assert.deepEqual(
    readdirSync(folder).sort(),
    ['readme', 'x.qcow2', `${disks.nameOf('/b')}.qcow2`].sort(),
  )
})

test('a file that is somebody’s, that a VM has, or that changed since it was listed stays', async (t) => {
  const disks = new DiskFiles(aFolder(t))
  await disks.ensure('/a', 1)
  const [file] = await disks.files()
  const shelf = (isInUse: boolean) => diskShelf('disk', disks, () => isInUse)
  assert.equal(await shelf(false).remove(file!, async () => true), false)
  assert.equal(await shelf(true).remove(file!, nobodys), false)
  await new Promise((resolve) => setTimeout(resolve, 20))
  writeFileSync(disks.pathOf('/a'), 'written again')
  assert.equal(await shelf(false).remove(file!, nobodys), false)
  assert.ok(disks.require('/a'))
})

test('an image that no record names goes whole, one that was taken since stays; what was being fetched goes at once', async (t) => {
  const folder = aFolder(t)
  const images = new LocalImages(folder, [])
  const own = `${'0'.repeat(63)}1`
  const place = join(folder, 'images', own)
  mkdirSync(place)
  writeFileSync(join(place, 'disk.raw'), Buffer.alloc(1 << 16, 1))
  writeFileSync(join(place, 'image.json'), '{}')
  mkdirSync(join(folder, 'images', '.part-1'))
  writeFileSync(join(folder, 'uploads', 'x.fetched'), '')
  const { store } = images
  const name = `sha256:${own}`
  assert.deepEqual(await leftoversOn([store], () => named({ kind: 'image', name })), [])
  const [left] = await leftoversOn([store], () => named())
  assert.deepEqual([left!.name, left!.bytes >= 1 << 16], [name, true])
  assert.equal(await store.remove(left!, async () => true), false)
  assert.equal(await store.remove({ ...left!, changedAt: left!.changedAt - 1 }, nobodys), false)
  assert.equal(await store.remove(left!, nobodys), true)
  new LocalImages(folder, [])
  assert.deepEqual(readdirSync(join(folder, 'images')), [])
  assert.deepEqual(readdirSync(join(folder, 'uploads')), [])
})
