import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { equalBytes, MalformedError } from '@trusted-launch/codec'
import { checkCodec, randomFrom } from '@trusted-launch/codec/check'
import { fromBytes, openQcow2, QCowHeader } from '../src/index.ts'

const withQemu = spawnSync('qemu-img', ['--version']).error === undefined
const skip = withQemu ? false : 'qemu-img is not installed'
const inflate = (bytes: Uint8Array, max: number) =>
  new Uint8Array(inflateRawSync(bytes, { maxOutputLength: max, finishFlush: 2 }))
const raw = new Uint8Array(3 * 65536 + 5 * 512)
const made: Record<string, Uint8Array> = {}

before(() => {
  if (!withQemu) return
  for (let i = 0; i < 70_000; i++) raw[65_000 + i] = (i * 31) >> 4
  const folder = mkdtempSync(join(tmpdir(), 'qcow2-'))
  writeFileSync(join(folder, 'raw'), raw)
  const convert = (name: string, ...options: string[]) => {
    const target = join(folder, name)
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', ...options, join(folder, 'raw'), target])
    made[name] = new Uint8Array(readFileSync(target))
  }
  convert('plain')
  convert('small-clusters', '-o', 'cluster_size=512')
  convert('version-2', '-o', 'compat=0.10')
  convert('compressed', '-c')
  convert('zstd', '-c', '-o', 'compression_type=zstd')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'raw', '-F', 'raw', 'backed'], {
    cwd: folder,
  })
  made.backed = new Uint8Array(readFileSync(join(folder, 'backed')))
  rmSync(folder, { recursive: true })
})

for (const name of ['plain', 'small-clusters', 'version-2', 'compressed'])
  test(`a ${name} qcow2 file holds the disk that qemu-img put into it`, { skip }, () => {
    const disk = openQcow2(fromBytes(made[name]!), { inflate })
    assert.equal(disk.size, raw.length)
    assert.ok(equalBytes(disk.readAt(0, raw.length), raw))
    assert.ok(equalBytes(disk.readAt(64_999, 3), raw.subarray(64_999, 65_002)))
    assert.throws(() => disk.readAt(raw.length - 1, 2), MalformedError)
  })

test('a file that names another file is refused', { skip }, () => {
  assert.throws(() => openQcow2(fromBytes(made.backed!)), /names another file/)
})

test('a feature that changes the meaning of the file is refused', { skip }, () => {
  assert.throws(() => openQcow2(fromBytes(made.zstd!), { inflate }), /incompatible_features/)
})

test('a compressed cluster is refused where nobody can inflate it', { skip }, () => {
  const disk = openQcow2(fromBytes(made.compressed!))
  assert.throws(() => disk.readAt(0, raw.length), /compressed/)
})

test('headers survive truncation and mutation', { skip }, () => {
  checkCodec(QCowHeader, { 'of version 3': made.plain!.slice(0, 72) })
})

test('a mutated or cut qcow2 file reads or is refused, never hangs', { skip }, () => {
  const random = randomFrom(5)
  for (const file of [made['small-clusters']!, made.compressed!])
    for (let i = 0; i < 400; i++) {
      const bytes = file.slice(0, i % 3 === 0 ? random(file.length) : file.length)
      for (let k = random(8); k >= 0 && bytes.length > 0; k--)
        bytes[random(i % 2 ? 104 : bytes.length) % bytes.length] = random(256)
      tolerates(bytes)
    }
})

function tolerates(bytes: Uint8Array): void {
  try {
    const disk = openQcow2(fromBytes(bytes), { inflate })
    disk.readAt(0, Math.min(disk.size, raw.length))
    disk.readAt(Math.max(0, disk.size - 1024), Math.min(disk.size, 1024))
  } catch (e) {
    assert.ok(e instanceof MalformedError, String(e))
  }
}
