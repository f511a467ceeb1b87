import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KeptImage } from '../../src/domain/host/images.ts'
import { LocalImages } from '../../src/driver/local-images.ts'
import { requireSpace } from '../../src/driver/space.ts'
import { Uploads } from '../../src/driver/uploads.ts'

const root = join(import.meta.dirname, '../../../..')
const [small] = globSync(join(root, '.cache/images/small-*/disk.raw'))
const skip = small === undefined && 'no image built yet: npm run setup builds it'
const { signal } = new AbortController()
const quiet = () => {}

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'images-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const upload = { kind: 'upload', id: '/g/uploads/one' } as const

/** What is kept of the upload. */
async function taken(images: LocalImages): Promise<KeptImage> {
  let found: KeptImage | null = null
  await images.take(upload, quiet, signal, async (kept) => {
    found = kept
  })
  return found!
}

async function uploaded(images: LocalImages, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 1 << 20)
    await images.uploads.write(upload.id, bytes.subarray(at, at + (1 << 20)), at, bytes.length)
}

test('an upload becomes an image by its SHA-256, with what was found; again is the same; removed it is gone', {
  skip,
}, async (t) => {
  const folder = aFolder(t)
  const images = new LocalImages(folder, [])
  const bytes = readFileSync(small!)
  await uploaded(images, bytes)
  const kept = await taken(images)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  assert.deepEqual([kept.sha256, kept.format], [sha256, 'raw'])
  assert.equal(kept.examination.securityType, 'TrustedLaunchSupported')
  assert.deepEqual(await taken(images), kept)
  // what is sent under its name afterwards is another file
  await images.uploads.write(upload.id, new Uint8Array(4), 0, bytes.length)
  await images.forget(upload)
  const image = images.require(kept.name)
  assert.ok(readFileSync(image.path).equals(bytes))
  assert.deepEqual(readdirSync(join(folder, 'uploads')), [])
  await images.remove(kept.name, async () => false)
  assert.throws(() => images.require(kept.name), /is not on this host/)
  assert.deepEqual(readdirSync(join(folder, 'images')), [])
})

test('bytes that are being removed are not taken for there: who takes the same waits, and has them in the end', {
  skip,
}, async (t) => {
  const images = new LocalImages(aFolder(t), [])
  await uploaded(images, readFileSync(small!))
  const { name } = await taken(images)
  let hashing = () => {}
  const isHashed = new Promise<void>((resolve) => {
    hashing = resolve
  }).then(() => sleep(1_000))
  const users: string[] = []
  const removed = images.remove(name, async () => {
    const isUsed = users.length > 0
    await isHashed
    return isUsed
  })
  const tell = (step: string) => step === 'its SHA-256' && hashing()
  await images.take(upload, tell, signal, async () => {
    users.push('another')
    assert.ok(images.require(name))
  })
  await removed
  assert.ok(readFileSync(images.require(name).path).equals(readFileSync(small!)))
  await images.remove(name, async () => users.length > 0)
  assert.ok(images.require(name), 'what is somebody’s stays')
})

test('files of other kinds, that name others, or that nothing starts from are refused and nothing is kept', {
  skip,
}, async (t) => {
  const folder = aFolder(t)
  const images = new LocalImages(folder, [])
  const backed = join(folder, 'backed')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', small!, '-F', 'raw', backed])
  const external = join(folder, 'external')
  const dataFile = `data_file=${join(folder, 'data')},data_file_raw=on`
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', dataFile, external, '1M'])
  const vhd = Buffer.alloc(4096)
  vhd.write('conectix', 4096 - 512, 'latin1')
  const cases: [Uint8Array, RegExp][] = [
    [readFileSync(backed), /names another file/],
    [readFileSync(external), /incompatible_features/],
    [vhd, /a VHD file: qemu-img convert/],
    [Buffer.from('KDMV'.padEnd(512)), /a VMDK file/],
    [Buffer.alloc(1000), /no whole sectors/],
    [Buffer.alloc(4096), /No VM could start from it: .*no partition table/],
  ]
  for (const [bytes, message] of cases) {
    await uploaded(images, bytes)
    await assert.rejects(taken(images), { message })
    await images.forget(upload)
  }
  assert.deepEqual(readdirSync(join(folder, 'images')), [])
  await assert.rejects(taken(images), /There is no upload 'one'/)
})

test('an upload is written piece by piece in any order, within its size, and is gone after a day', async (t) => {
  const folder = aFolder(t)
  let now = Date.now()
  const uploads = new Uploads(folder, () => now)
  await uploads.write('/A', Buffer.from('cd'), 2, 6)
  await uploads.write('/a', Buffer.from('ab'), 0, 6)
  assert.equal(readFileSync(uploads.pathOf('/a'), 'latin1'), 'abcd\0\0')
  for (const [offset, size] of [
    [5, 6],
    [-1, 6],
    [0, 2 ** 50],
    [Number.NaN, 6],
  ])
    await assert.rejects(uploads.write('/a', Buffer.from('xy'), offset!, size!), /invalid/)
  now += 25 * 60 * 60 * 1000
  await uploads.write('/b', Buffer.from('x'), 0, 1)
  assert.equal(readdirSync(folder).length, 1)
  now += 25 * 60 * 60 * 1000
  await uploads.forgetOld()
  assert.deepEqual(readdirSync(folder), [])
})

test('two uploads of all that is free are begun, and a piece that there is no room for any more is refused', async (t) => {
  const folder = aFolder(t)
  let free = 8
  const uploads = new Uploads(folder, Date.now, async (_, bytes) => {
    if (bytes > free) throw new Error('no room')
  })
  const write = async (id: string, offset: number) => {
    await uploads.write(id, Buffer.from('disk'), offset, 8)
    free -= 4
  }
  await write('/a', 0)
  free += 4
  await write('/b', 0)
  await write('/a', 4)
  await assert.rejects(write('/b', 4), /no room/)
  assert.equal(readFileSync(uploads.pathOf('/b'), 'latin1'), 'disk\0\0\0\0')
})

test('what is taken nobody still writes to: pieces on their way are in it, later ones are of another file', async (t) => {
  const uploads = new Uploads(aFolder(t))
  await uploads.write('/x', Buffer.alloc(1), 0, 64)
  const pieces = Array.from({ length: 64 }, (_, i) => uploads.write('/x', Buffer.of(i), i, 64))
  const taken = uploads.take('/x')
  const late = uploads.write('/x', Buffer.alloc(64, 0xff), 0, 64)
  const bytes = readFileSync(await taken)
  await Promise.all([...pieces, late])
  assert.deepEqual([...bytes], [...bytes.keys()])
  assert.deepEqual(readFileSync(await taken), bytes)
})

test('what there is no room for is refused before it is begun', async (t) => {
  const folder = aFolder(t)
  await requireSpace(folder, 1)
  await assert.rejects(requireSpace(folder, 2 ** 50), /AllocationFailed|not enough room/)
  await assert.rejects(
    new Uploads(folder).write('/x', Buffer.alloc(1), 0, 2 ** 44),
    /not enough room/,
  )
  assert.deepEqual(readdirSync(folder), [])
})
