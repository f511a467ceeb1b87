import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { acceptSent } from '../../src/driver/sent-file.ts'
import { Uploads } from '../../src/driver/uploads.ts'

const { signal } = new AbortController()
const MIB = 2 ** 20
const disk = Buffer.alloc(MIB, 7)

function aFile(t: TestContext, bytes: Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-sent-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  writeFileSync(path, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const accept = (sent = sha256) =>
    acceptSent(path, { sha256: sent, sizeBytes: bytes.length }, () => {}, signal)
  return { folder, accept, bytes: () => readFileSync(path) }
}

function footer(type: number): Buffer {
  const bytes = Buffer.alloc(512)
  bytes.write('conectix')
  bytes.writeUInt32BE(type, 60)
  return bytes
}

test('what was sent is refused when it hashes to something else, and is taken as it is when not', async (t) => {
  const { accept, bytes } = aFile(t, disk)
  await assert.rejects(accept('00'.repeat(32)), /does not hash to what its sender says/)
  await accept()
  assert.deepEqual(bytes(), disk)
})

test('of a fixed VHD the disk is taken without its footer, also when that is done again; of others everything', async (t) => {
  const fixed = aFile(t, Buffer.concat([disk, footer(2)]))
  await fixed.accept()
  await fixed.accept()
  assert.deepEqual(fixed.bytes(), disk)
  const dynamic = aFile(t, Buffer.concat([disk, footer(3)]))
  await dynamic.accept()
  assert.equal(dynamic.bytes().length, MIB + 512)
})

test('of what is being sent any range is read, zeros where nothing was', async (t) => {
  const { folder } = aFile(t, disk)
  const uploads = new Uploads(join(folder, 'uploads'))
  assert.equal(await uploads.has('/a/upload'), false)
  assert.deepEqual(await uploads.read('/a/upload', 0, 3), new Uint8Array(3))
  await uploads.write('/a/upload', new Uint8Array([1, 2, 3]), 4, 100)
  assert.deepEqual([...(await uploads.read('/A/upload', 3, 5))], [0, 1, 2, 3, 0])
  await uploads.take('/a/upload')
  assert.equal(await uploads.has('/a/upload'), true)
})
