import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileOf, tl } from './a-run.ts'

const cache = join(import.meta.dirname, '../../../.cache/images')
const imagesOf = (name: string) => globSync(join(cache, `${name}-*/disk.*`))
const image = imagesOf('small')[0]
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
  assert.match(text.out, /It boots under Secure Boot with these keys/)
})

test('a unified kernel image boots with this installation’s keys alone, and the reason is told', {
  skip,
}, async () => {
  const uki = imagesOf('uki')[0]!
  const foreign = await tl('image', 'inspect', uki)
  assert.equal(foreign.code, 0)
  assert.match(foreign.out, /refused: unknown-signer/)
  assert.match(foreign.out, /It does not boot/)
  const own = await tl('image', 'inspect', uki, '--signatures', 'own', '--json')
  const { boot } = JSON.parse(own.out)
  assert.equal(boot.wouldBoot, true)
  assert.match(boot.commandLine, /console=ttyS0/)
})

test('a qcow2 file is named by its own SHA-256, and its disk is looked into', {
  skip,
}, async () => {
  const path = fileOf('disk.qcow2', '')
  execFileSync('qemu-img', ['convert', '-c', '-O', 'qcow2', image!, path])
  const [raw, qcow2] = await Promise.all(
    [image!, path].map(async (file) =>
      JSON.parse((await tl('image', 'inspect', file, '--json')).out),
    ),
  )
  assert.equal(qcow2.format, 'qcow2')
  assert.equal(qcow2.sha256, createHash('sha256').update(readFileSync(path)).digest('hex'))
  assert.deepEqual([qcow2.sizeBytes, qcow2.files, qcow2.boot], [raw.sizeBytes, raw.files, raw.boot])
})

test('what is no disk, raw or qcow2, is malformed: 5; a missing file: 1', async () => {
  assert.equal((await tl('image', 'inspect', fileOf('disk', new Uint8Array(4096)))).code, 5)
  assert.equal((await tl('image', 'inspect', fileOf('disk', new Uint8Array(0)))).code, 5)
  assert.equal(
    (await tl('image', 'inspect', fileOf('disk', Buffer.from('QFI\xfb', 'latin1')))).code,
    5,
  )
  assert.equal((await tl('image', 'inspect', '/nowhere')).code, 1)
  assert.equal((await tl('image', 'inspect', tmpdir())).code, 5)
  assert.match((await tl('image', 'inspect', fileOf('disk', 'text'))).err, /disk: no disk image/)
  assert.equal((await tl('image')).code, 2)
  const keys = fileOf('keys.json', '{}')
  assert.equal((await tl('image', 'inspect', fileOf('disk', ''), '--signatures', keys)).code, 5)
})

test('an image that nobody makes is wrong usage: 2', async () => {
  assert.equal((await tl('image', 'build', 'windows')).code, 2)
})

test('building an image anew finds the one there is', { skip }, async () => {
  const { code, out, err } = await tl('image', 'build', 'small', '--json')
  assert.equal(code, 0)
  assert.equal(err, '')
  const { path, sha256 } = JSON.parse(out)
  assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'))
})
