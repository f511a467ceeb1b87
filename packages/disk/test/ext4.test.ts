import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { equalBytes, fromUtf8, MalformedError, toUtf8 } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { fromBytes, openExt4 } from '../src/index.ts'

const withTools = spawnSync('mkfs.ext4', ['-V']).error === undefined
const skip = withTools ? false : 'mkfs.ext4 is not installed'
const uuid = '5c0f5c1e-3d0b-4a8e-9a51-0f3a7b1e2d4c'
const made: Record<string, Uint8Array> = {}
const large = new Uint8Array(300_000).map((_, i) => (i * 31) >> 3)

before(() => {
  if (!withTools) return
  const folder = mkdtempSync(join(tmpdir(), 'ext4-'))
  const root = join(folder, 'root')
  mkdirSync(join(root, 'boot/many'), { recursive: true })
  mkdirSync(join(root, 'usr/lib'), { recursive: true })
  writeFileSync(join(root, 'boot/config-6.1'), 'CONFIG_IMA=y\n')
  writeFileSync(join(root, 'boot/large'), large)
  for (let i = 0; i < 400; i++) writeFileSync(join(root, `boot/many/file-${i}`), `${i}`)
  symlinkSync('usr/lib', join(root, 'lib'))
  symlinkSync('/boot/config-6.1', join(root, 'config'))
  symlinkSync('../boot/large', join(root, `usr/${'long-'.repeat(4)}`))
  symlinkSync(`${'./'.repeat(60)}boot/large`, join(root, 'winding'))
  symlinkSync('round', join(root, 'round'))
  writeFileSync(join(root, 'usr/lib/os-release'), 'ID=debian\n')
  const make = (name: string, ...options: string[]) => {
    const path = join(folder, name)
    execFileSync('mkfs.ext4', ['-q', '-F', '-U', uuid, ...options, '-d', root, path, '8M'])
    made[name] = new Uint8Array(readFileSync(path))
  }
  make('ext4')
  make('small-blocks', '-b', '1024')
  make('32-bit', '-O', '^64bit,^metadata_csum')
  make('ext2', '-O', '^extents,^64bit,^has_journal,^flex_bg')
  rmSync(folder, { recursive: true })
})

for (const name of ['ext4', 'small-blocks', '32-bit', 'ext2'])
  test(`files and links of a volume (${name}) are what was put there`, { skip }, () => {
    const volume = openExt4(fromBytes(made[name]!))
    const text = (path: string) => fromUtf8(volume.readFile(path)!)
    assert.equal(text('/boot/config-6.1'), 'CONFIG_IMA=y\n')
    assert.equal(text('lib/os-release'), 'ID=debian\n')
    assert.equal(text('config'), 'CONFIG_IMA=y\n')
    assert.equal(text('boot/../config'), 'CONFIG_IMA=y\n')
    assert.ok(equalBytes(volume.readFile('boot/large')!, large))
    assert.ok(equalBytes(volume.readFile(`usr/${'long-'.repeat(4)}`)!, large))
    assert.ok(equalBytes(volume.readFile('winding')!, large))
    assert.equal(volume.list('boot/many').length, 400)
    assert.equal(text('boot/many/file-399'), '399')
    assert.deepEqual(volume.list('nowhere'), [])
    assert.equal(volume.readFile('boot'), null)
    assert.equal(volume.find('boot')!.kind, 'folder')
    assert.equal(volume.find('boot/none'), null)
    assert.equal(volume.uuid, uuid)
    assert.equal(volume.look('config')!.kind, 'link')
    assert.equal(volume.look('lib/os-release')!.kind, 'file')
    assert.equal(volume.look('round')!.kind, 'link')
    assert.throws(() => volume.readFile('round'), /more than 16 links/)
    assert.throws(() => volume.readFile('boot/large', 1000), /more than 1000/)
  })

test('a volume that is none is refused', () => {
  assert.throws(() => openExt4(fromBytes(new Uint8Array(8192))), MalformedError)
  assert.throws(() => openExt4(fromBytes(toUtf8('short'))), MalformedError)
})

test('a mutated or cut volume is read or refused, never hangs', { skip }, () => {
  const random = randomFrom(9)
  const paths = ['boot/config-6.1', 'config', 'boot/large', 'round', 'boot/many/file-9']
  for (const original of [made['small-blocks']!, made.ext2!])
    for (let i = 0; i < 300; i++) {
      const bytes = original.slice(0, i % 4 === 0 ? random(original.length) : original.length)
      const reach = i % 2 === 0 ? 4096 : 600_000
      for (let k = random(40); k >= 0 && bytes.length > 0; k--)
        bytes[random(reach) % bytes.length] = random(256)
      try {
        const volume = openExt4(fromBytes(bytes))
        volume.list('boot/many')
        for (const path of paths) volume.readFile(path, 1 << 20)
      } catch (e) {
        assert.ok(e instanceof MalformedError, String(e))
      }
    }
})
