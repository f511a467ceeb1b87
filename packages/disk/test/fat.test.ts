import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { equalBytes, MalformedError } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { fromBytes, openFat } from '../src/index.ts'

const withMtools = spawnSync('mformat', ['--version']).error === undefined
const skip = withMtools ? false : 'mtools is not installed'
const long = 'a name of many characters, äöü, 雪.configuration'
const content = new Uint8Array(70_000).map((_, i) => (i * 7) >> 3)
const volumes = new Map<12 | 16 | 32, Uint8Array>()

before(() => {
  if (!withMtools) return
  for (const [bits, sectors, options] of [
    [12, 2880, []],
    [16, 32768, ['-c', '1']],
    [32, 80000, ['-F', '-c', '1']],
  ] as const)
    volumes.set(bits, volumeOf(sectors, options))
})

function volumeOf(sectors: number, options: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'fat-'))
  try {
    const image = join(folder, 'image')
    const source = join(folder, 'source')
    writeFileSync(image, '')
    truncateSync(image, sectors * 512)
    writeFileSync(source, content)
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MTOOLSRC: '/dev/null' }
    const tool = (name: string, ...args: string[]) =>
      execFileSync(name, ['-i', image, ...args], { env })
    tool(
      'mformat',
      '-N',
      '0a1b2c3d',
      ...options,
      '-h',
      '64',
      '-s',
      '32',
      '-T',
      String(sectors),
      '::',
    )
    tool('mmd', '::EFI', '::EFI/BOOT')
    tool('mcopy', source, '::EFI/BOOT/BOOTX64.EFI')
    tool('mcopy', source, `::EFI/${long}`)
    writeFileSync(source, '')
    tool('mcopy', source, '::empty')
    return new Uint8Array(readFileSync(image))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const bits of [12, 16, 32] as const)
  test(`a FAT${bits} volume gives the files that mtools put there`, { skip }, () => {
    const fat = openFat(fromBytes(volumes.get(bits)!))
    assert.equal(fat.bits, bits)
    assert.equal(fat.serial, '0A1B-2C3D')
    assert.deepEqual(
      fat.list('').map(({ name }) => name),
      ['EFI', 'empty'],
    )
    assert.deepEqual(
      fat.list('EFI').map(({ name }) => name),
      ['BOOT', long],
    )
    assert.ok(equalBytes(fat.readFile('efi\\boot\\bootx64.efi')!, content))
    assert.ok(equalBytes(fat.readFile(`EFI/${long.toUpperCase()}`)!, content))
    assert.equal(fat.readFile('empty')!.length, 0)
    assert.equal(fat.readFile('EFI/BOOT/missing.efi'), null)
    assert.equal(fat.readFile('missing/BOOTX64.EFI'), null)
    assert.equal(fat.readFile('EFI/BOOT'), null, 'a folder is no file')
    assert.equal(fat.find('empty/x'), null, 'a file is no folder')
  })

test('the extents of a file are where its bytes are', { skip }, () => {
  const disk = volumes.get(16)!
  const extents = openFat(fromBytes(disk)).extentsOf('EFI/BOOT/BOOTX64.EFI')!
  const parts = extents.flatMap(({ offset, length }) => [...disk.subarray(offset, offset + length)])
  assert.deepEqual(Uint8Array.from(parts), content)
})

test('a chain that comes back to itself is refused', { skip }, () => {
  const disk = volumes.get(16)!.slice()
  const fat = openFat(fromBytes(disk))
  const first = fat.find('EFI/BOOT/BOOTX64.EFI')!.firstCluster
  const table = disk[14]! * 512
  new DataView(disk.buffer).setUint16(table + 2 * (first + 3), first, true)
  assert.throws(() => openFat(fromBytes(disk)).readFile('EFI/BOOT/BOOTX64.EFI'), /twice/)
})

test('a folder whose chain comes back to itself is refused', { skip }, () => {
  const disk = volumes.get(16)!.slice()
  const first = openFat(fromBytes(disk)).find('EFI/BOOT')!.firstCluster
  new DataView(disk.buffer).setUint16(disk[14]! * 512 + 2 * first, first, true)
  assert.throws(() => openFat(fromBytes(disk)).list('EFI/BOOT'), /twice/)
})

test('a file larger than asked for is refused before it is read', { skip }, () => {
  const fat = openFat(fromBytes(volumes.get(16)!))
  assert.throws(() => fat.readFile('EFI/BOOT/BOOTX64.EFI', 69_999), /more than 69999/)
  assert.equal(fat.readFile('EFI/BOOT/BOOTX64.EFI', 70_000)!.length, 70_000)
})

test('two files of one name are refused', { skip }, () => {
  const disk = volumes.get(16)!.slice()
  const root = 1 + 2 * new DataView(disk.buffer).getUint16(22, true)
  const at = (root + disk[14]! - 1) * 512
  disk.copyWithin(at + 64, at, at + 32)
  assert.throws(() => openFat(fromBytes(disk)).find('EFI/BOOT'), /two entries/)
})

for (const bits of [12, 16, 32] as const)
  test(`a mutated or cut FAT${bits} volume reads or is refused, never hangs`, { skip }, () => {
    const disk = volumes.get(bits)!.slice()
    const random = randomFrom(bits)
    const metadata = Math.min(disk.length, 200_000)
    for (let i = 0; i < 400; i++) {
      const undo: [number, number][] = []
      for (let k = random(8); k >= 0; k--) {
        const at = random(i % 2 ? 64 : metadata)
        undo.unshift([at, disk[at]!])
        disk[at] = random(256)
      }
      tolerates(disk.subarray(0, i % 4 === 0 ? random(metadata) : disk.length))
      for (const [at, byte] of undo) disk[at] = byte
    }
  })

function tolerates(disk: Uint8Array): void {
  try {
    const fat = openFat(fromBytes(disk))
    fat.list('')
    fat.readFile('EFI/BOOT/BOOTX64.EFI')
    fat.extentsOf(`EFI/${long}`)
  } catch (e) {
    assert.ok(e instanceof MalformedError, String(e))
  }
}
