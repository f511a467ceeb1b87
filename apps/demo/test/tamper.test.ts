import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildImage } from '@trusted-launch/host'
import { authenticodeSignatures, decodePe } from '@trusted-launch/uefi'
import { withArgument, withOneByteChanged, withoutSignature } from '../src/forgery.ts'
import { ownScenario, UsageError } from '../src/own-scenario.ts'
import { cacheDirectory } from '../src/paths.ts'
import { VictimDisk } from '../src/tamper.ts'
import { aDisk, aFolder } from './a-disk.ts'

const file = 'EFI/debian/grub.cfg'
const configuration = 'set timeout=0\nlinuxefi /vmlinuz quiet\ninitrdefi /initrd.img\n'

const signersOf = (image: Buffer) =>
  authenticodeSignatures(decodePe(Uint8Array.from(image))).signatures.length

test('a file of a disk is edited in place, and nothing else of the disk', async (t) => {
  const disk = new VictimDisk(aDisk(aFolder(t), configuration))
  await disk.write('EFI/extra/modules/m.ko', Buffer.from('module'))
  await disk.edit('efi/DEBIAN/grub.cfg', (bytes) => withArgument(bytes, 'audit=0'))
  const expected = 'set timeout=0\nlinuxefi /vmlinuz quiet audit=0\ninitrdefi /initrd.img\n'
  assert.equal((await disk.read(file)).toString(), expected)
  assert.equal((await disk.read('EFI/extra/modules/m.ko')).toString(), 'module')
  const looks = [file, 'EFI/debian', 'EFI/none'].map((path) => disk.look(path))
  assert.deepEqual(await Promise.all(looks), ['file', 'folder', 'nothing'])
  await assert.rejects(disk.read('EFI/none'), /not on the disk/)
})

test('forgeries change what they say and no more', async (t) => {
  const bytes = Buffer.from('abcde')
  assert.equal(withOneByteChanged(bytes).toString(), 'abbde')
  assert.equal(bytes.toString(), 'abcde')
  assert.throws(() => withArgument(Buffer.from('set x=1'), 'audit=0'), /starts no Linux/)

  const image = await buildImage('small', { cacheDirectory })
  const kernel = await new VictimDisk(image.path).read('vmlinuz')
  const bare = await withoutSignature(kernel, aFolder(t))
  assert.equal(signersOf(kernel), 1)
  assert.equal(signersOf(bare), 0)
})

test("a scenario of the user's own replaces files, and says what it does to each", async (t) => {
  const folder = aFolder(t)
  const image = aDisk(folder, configuration)
  const pristine = readFileSync(image)
  const [other, same] = ['other.cfg', 'same.cfg'].map((name) => join(folder, name))
  writeFileSync(other!, 'other')
  writeFileSync(same!, configuration)
  const story = async (target: string, path: string) =>
    (await ownScenario([{ file: target, path }], image, folder)).story
  assert.equal(await story(file, other!), `on the disk, ${file} was replaced`)
  assert.equal(await story(file, same!), `on the disk, ${file} was replaced by the very same bytes`)
  assert.equal(await story('EFI/new/a', other!), 'on the disk, EFI/new/a was added')
  assert.deepEqual(readFileSync(image), pristine)

  const scenario = await ownScenario([{ file, path: other! }], image, folder)
  writeFileSync(other!, 'changed since')
  const victim = new VictimDisk(image)
  await scenario.tamper!(victim, folder)
  assert.equal((await victim.read(file)).toString(), 'other')
  assert.deepEqual([scenario.expected, scenario.target], [null, file])
})

test('what can not be put on the disk is wrong usage, known before there is a VM', async (t) => {
  const folder = aFolder(t)
  const image = aDisk(folder, configuration)
  const small = join(folder, 'small')
  writeFileSync(small, 'x')
  const [full, huge] = ['full', 'huge'].map((name) => join(folder, name))
  writeFileSync(full!, Buffer.alloc(3 << 20))
  writeFileSync(huge!, Buffer.alloc(statSync(image).size + 1))
  const refuses = async (target: string, path: string, message: RegExp) => {
    const scenario = ownScenario([{ file: target, path }], image, folder)
    await assert.rejects(scenario, (e: Error) => e instanceof UsageError && message.test(e.message))
  }
  await refuses('a', join(folder, 'missing'), /missing can't be read: no such file/)
  await refuses('a', folder, /is not a file/)
  await refuses('a', full!, /\(3145728 bytes\) does not fit on the disk/)
  await refuses('a', huge!, /does not fit on the disk/)
  await refuses('EFI/debian', small, /is a folder of the guest's disk/)
  await refuses(`${file}/a`, small, /can't be written there/)
})
