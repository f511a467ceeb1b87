import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { fileOf, tl } from './a-run.ts'

const cache = join(import.meta.dirname, '../../../.cache/images')
const image = globSync(join(cache, 'small-*/disk.raw'))[0]
const skip = image === undefined && 'no image built yet: npm run setup builds it'

test("an image's files are named with the digests of their bytes", { skip }, async () => {
  const { code, out } = await tl('image', 'inspect', image!, '--json')
  assert.equal(code, 0)
  const report = JSON.parse(out)
  assert.equal(report.sha256, createHash('sha256').update(readFileSync(image!)).digest('hex'))
  const paths = report.files.map(({ path }: { path: string }) => path.toUpperCase())
  assert.ok(paths.includes('/EFI/BOOT/BOOTX64.EFI'), paths.join())
  const text = await tl('image', 'inspect', image!)
  assert.match(text.out, /EFI system/)
  const stages = report.boot.images.map(({ stage }: { stage: string }) => stage)
  assert.deepEqual(stages, ['shim', 'GRUB', 'kernel'])
  assert.equal(report.boot.wouldBoot, true)
  assert.match(report.boot.images[0].signers[0].subject, /Microsoft/)
  assert.match(text.out, /command line: \/vmlinuz /)
})

test('what is no disk, raw or qcow2, is malformed: 5; a missing file: 1', async () => {
  assert.equal((await tl('image', 'inspect', fileOf('disk', new Uint8Array(4096)))).code, 5)
  assert.equal((await tl('image', 'inspect', fileOf('disk', new Uint8Array(0)))).code, 5)
  assert.equal(
    (await tl('image', 'inspect', fileOf('disk', Buffer.from('QFI\xfb', 'latin1')))).code,
    5,
  )
  assert.equal((await tl('image', 'inspect', '/nowhere')).code, 1)
  assert.equal((await tl('image')).code, 2)
  const keys = fileOf('keys.json', '{}')
  assert.equal((await tl('image', 'inspect', fileOf('disk', ''), '--signatures', keys)).code, 5)
})

test('an image that nobody makes is wrong usage: 2', async () => {
  assert.equal((await tl('image', 'build', 'windows')).code, 2)
})

test('building an image anew finds the one there is', { skip }, async () => {
  const { code, out } = await tl('image', 'build', 'small', '--json')
  assert.equal(code, 0)
  const { path, sha256 } = JSON.parse(out)
  assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'))
})
