import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fromHex } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import {
  EFI_SYSTEM_PARTITION,
  encodePartitionTable,
  fromBytes,
  openFat,
  openPartition,
  readPartitionTable,
} from '@trusted-launch/disk'
import { databaseOf, parseSecureBootTemplate } from '@trusted-launch/uefi'
import { EXAMINED, type Examination, examineImage } from '../src/index.ts'

const root = join(import.meta.dirname, '../../..')
const images = join(root, '.cache/images')
const imageOf = (name: string) => {
  const folder = existsSync(images)
    ? readdirSync(images).find((each) => each.startsWith(`${name}-`))
    : undefined
  return folder === undefined ? null : join(images, folder, 'disk.raw')
}
const small = imageOf('small')
const uki = imageOf('uki')
const tools = ['mkfs.ext4', 'mcopy'].every((name) => spawnSync(name, ['-V']).error === undefined)
const skip =
  small !== null && uki !== null && tools
    ? false
    : 'the images or e2fsprogs are not on this machine'

const json = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
const template = parseSecureBootTemplate(JSON.parse(readFileSync(json, 'utf8')))
const policy = { db: databaseOf(template.db), dbx: databaseOf(template.dbx) }
const bytesOf = (path: string) => new Uint8Array(readFileSync(path))
const examined = (bytes: Uint8Array, keys = policy) => examineImage(fromBytes(bytes), keys)
const stateOf = ({ rows }: Examination, what: string) =>
  rows.find((row) => row.what === what)!.state
const statesOf = (report: Examination) =>
  Object.fromEntries(report.rows.map(({ what, state }) => [what, state]))

const folder = mkdtempSync(join(tmpdir(), 'examine-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The small image's EFI system partition after `change`, and an ext4 volume of `files` behind it. */
function withRoot(
  files: Record<string, string | Uint8Array>,
  change = (_: string) => {},
): Uint8Array {
  const disk = fromBytes(bytesOf(small!))
  const esp = readPartitionTable(disk).partitions[0]!
  const at = join(folder, 'esp')
  writeFileSync(at, openPartition(disk, esp).readAt(0, esp.size))
  change(at)
  const tree = mkdtempSync(join(folder, 'root-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(tree, path, '..'), { recursive: true })
    writeFileSync(join(tree, path), content)
  }
  const volume = join(folder, 'volume')
  rmSync(volume, { force: true })
  execFileSync('mkfs.ext4', ['-q', '-F', '-d', tree, volume, '48M'])
  return diskOf(bytesOf(at), bytesOf(volume))
}

function diskOf(esp: Uint8Array, volume: Uint8Array, espType = EFI_SYSTEM_PARTITION): Uint8Array {
  const parts = [esp, volume]
  const sectors = 2048 + parts.reduce((sum, part) => sum + part.length / 512, 0) + 2048
  let next = 2048
  const partitions = parts.map((part, i) => {
    const startingLBA = next
    next += part.length / 512
    const type = i === 0 ? espType : new Uint8Array(16).fill(7)
    return {
      partitionTypeGUID: type,
      uniquePartitionGUID: new Uint8Array(16).fill(i + 1),
      name: i === 0 ? 'ESP' : 'root',
      startingLBA,
      sectors: part.length / 512,
    }
  })
  const table = encodePartitionTable({ sectors, diskGUID: new Uint8Array(16).fill(9), partitions })
  const disk = new Uint8Array(sectors * 512)
  disk.set(table.primary)
  disk.set(table.alternate, table.alternateOffset)
  for (const [i, { startingLBA }] of partitions.entries()) disk.set(parts[i]!, startingLBA * 512)
  return disk
}

const system = {
  'etc/os-release': 'PRETTY_NAME="Debian"\nID=debian\n',
  'etc/cloud/cloud.cfg': 'users: []\n',
  'boot/config-6.1.0-9': 'CONFIG_TCG_TIS=m\n# CONFIG_IMA is not set\n',
  'boot/config-6.1.0-10': 'CONFIG_TCG_CRB=y\nCONFIG_IMA=y\n',
}

/** The disk with one byte of a file of its EFI system partition changed. */
function struck(bytes: Uint8Array, path: string): Uint8Array {
  const disk = fromBytes(bytes)
  const esp = readPartitionTable(disk).partitions[0]!
  const extents = openFat(openPartition(disk, esp)).extentsOf(path)!
  const { offset, length } = extents[extents.length >> 1]!
  const copy = bytes.slice()
  copy[esp.offset + offset + (length >> 1)]! ^= 1
  return copy
}

test('a signed image whose boot can be foretold is told as supported, every row of it', {
  skip,
}, () => {
  const report = examined(bytesOf(small!))
  assert.deepEqual(
    report.rows.map(({ what }) => what),
    EXAMINED,
  )
  assert.equal(report.securityType, 'TrustedLaunchSupported')
  assert.deepEqual(
    [report.hyperVGeneration, report.architecture, report.osType],
    ['V2', 'x64', 'Linux'],
  )
  for (const what of ['partition table', 'EFI system partition', 'boot loader', 'next stage'])
    assert.equal(stateOf(report, what), 'works')
  for (const what of ['kernel', 'agent', 'reference values'])
    assert.equal(stateOf(report, what), 'works')
  assert.equal(stateOf(report, 'IMA'), 'cannot tell')
  assert.match(report.rows[2]!.reason, /allowed by Microsoft Corporation UEFI CA 2011/)
})

test('a unified kernel image is supported with its own keys, and refused with others', {
  skip,
}, () => {
  const foreign = examined(bytesOf(uki!))
  assert.equal(foreign.securityType, null)
  assert.match(foreign.conclusion, /no Trusted Launch: boot loader: Secure Boot refuses/)
  assert.equal(foreign.hyperVGeneration, 'V2')
  assert.match(foreign.rows[2]!.advice!, /keys/)
})

test('a system on ext4 tells its kernel’s TPM and IMA, cloud-init and the agent', { skip }, () => {
  const report = examined(withRoot(system))
  assert.deepEqual(statesOf(report), {
    ...{ 'partition table': 'works', 'EFI system partition': 'works', 'boot loader': 'works' },
    ...{ 'next stage': 'works', kernel: 'works', 'TPM driver': 'works', IMA: 'works' },
    ...{ 'cloud-init': 'works', agent: 'works', 'reference values': 'works' },
  })
  assert.equal(report.distribution, 'debian')
  assert.match(report.rows[5]!.reason, /config-6\.1\.0-10/)
  const bare = examined(
    withRoot({ ...{ 'etc/passwd': 'root\n' }, 'boot/config-1': 'CONFIG_X=y\n' }),
  )
  for (const what of ['TPM driver', 'IMA', 'cloud-init'])
    assert.equal(stateOf(bare, what), 'does not')
  assert.equal(bare.securityType, 'TrustedLaunchSupported')
})

test('a GRUB that cannot be followed is told as foretold but for the order', { skip }, () => {
  const looping = (esp: string) => {
    const config = join(folder, 'grub.cfg')
    execFileSync('mcopy', ['-n', '-o', '-i', esp, '::EFI/debian/grub.cfg', config])
    writeFileSync(config, `loadfont none\n${readFileSync(config, 'utf8')}`)
    execFileSync('mcopy', ['-D', 'o', '-i', esp, config, '::EFI/debian/grub.cfg'])
  }
  const report = examined(withRoot(system, looping))
  const told = report.rows.at(-1)!
  assert.deepEqual([told.what, told.state], ['reference values', 'works'])
  assert.match(told.reason, /but for the order/)
  assert.equal(stateOf(report, 'agent'), 'works')
})

test('a loader whose signature is broken, or that is not there, is no Trusted Launch', {
  skip,
}, () => {
  const broken = examined(struck(bytesOf(small!), 'EFI/BOOT/BOOTX64.EFI'))
  assert.deepEqual([stateOf(broken, 'boot loader'), broken.securityType], ['does not', null])
  assert.match(broken.rows[2]!.advice!, /changed after it was signed/)
  const grub = examined(struck(bytesOf(small!), 'EFI/BOOT/grubx64.efi'))
  assert.deepEqual([stateOf(grub, 'next stage'), grub.securityType], ['does not', null])
  const remove = (esp: string) => execFileSync('mdel', ['-i', esp, '::EFI/BOOT/BOOTX64.EFI'])
  const none = examined(withRoot(system, remove))
  assert.match(none.rows[2]!.reason, /there is no EFI\/BOOT\/BOOTX64\.EFI/)
  assert.equal(none.securityType, null)
})

test('an unsigned kernel of the root is no Trusted Launch, and one that cannot be found is not called bad', {
  skip,
}, () => {
  const remove = (esp: string) => execFileSync('mdel', ['-i', esp, '::vmlinuz'])
  const disk = fromBytes(bytesOf(small!))
  const esp = openFat(openPartition(disk, readPartitionTable(disk).partitions[0]!))
  const kernel = esp.readFile('vmlinuz')!
  const good = examined(withRoot({ ...system, 'boot/vmlinuz-6.1.0-10': kernel }, remove))
  assert.equal(stateOf(good, 'kernel'), 'works')
  assert.equal(stateOf(good, 'reference values'), 'does not')
  const changed = kernel.slice()
  changed[kernel.length >> 1]! ^= 1
  const bad = examined(withRoot({ ...system, 'boot/vmlinuz-6.1.0-10': changed }, remove))
  assert.deepEqual([stateOf(bad, 'kernel'), bad.securityType], ['does not', null])
  assert.match(bad.conclusion, /kernel: Secure Boot refuses boot\/vmlinuz-6\.1\.0-10/)
  const none = examined(withRoot(system, remove))
  assert.equal(stateOf(none, 'kernel'), 'cannot tell')
  assert.equal(none.securityType, 'TrustedLaunchSupported')
})

test('an image of generation 1, one without an EFI system partition and an empty one are told as such', {
  skip,
}, () => {
  const mbr = new Uint8Array(1 << 20)
  mbr.set([0x55, 0xaa], 510)
  mbr[450] = 0x83
  const first = examined(mbr)
  assert.deepEqual(
    [first.hyperVGeneration, first.securityType, first.startsBy],
    ['V1', null, 'BIOS'],
  )
  assert.match(first.rows[0]!.reason, /generation 1/)
  const empty = examined(new Uint8Array(1 << 20))
  assert.match(empty.rows[0]!.reason, /no partition table/)
  assert.equal(empty.startsBy, null)
  const other = diskOf(new Uint8Array(1 << 20), new Uint8Array(1 << 20), new Uint8Array(16).fill(3))
  const none = examined(other)
  assert.deepEqual([none.hyperVGeneration, none.securityType], ['V1', null])
  assert.match(none.rows[1]!.reason, /no partition has its type/)
  assert.equal(none.startsBy, null)
  const bios = fromHex('4861682149646f6e744e656564454649')
  const withBios = examined(diskOf(new Uint8Array(1 << 20), new Uint8Array(1 << 20), bios))
  assert.equal(withBios.startsBy, 'BIOS')
  const damaged = bytesOf(small!)
  damaged[512 + 60]! ^= 1
  assert.match(examined(damaged).rows[0]!.reason, /damaged/)
  const xfs = new Uint8Array(1 << 20)
  xfs.set([...'XFSB'].map((character) => character.charCodeAt(0)))
  const source = fromBytes(bytesOf(small!))
  const esp = readPartitionTable(source).partitions[0]!
  const other2 = examined(diskOf(openPartition(source, esp).readAt(0, esp.size), xfs))
  assert.match(other2.rows[7]!.reason, /not read: xfs/)
})

test('whatever is damaged ends in a report', { skip }, () => {
  const whole = withRoot({ ...system, 'boot/vmlinuz-1': 'MZ no kernel' })
  const random = randomFrom(3)
  for (let i = 0; i < 24; i++) {
    const bytes = whole.slice(0, i % 3 === 0 ? random(whole.length) : whole.length)
    const reach = [4096, 3 << 20, whole.length][i % 3]!
    for (let k = random(200); k >= 0 && bytes.length > 0; k--)
      bytes[random(reach) % bytes.length] = random(256)
    const report = examined(bytes)
    assert.deepEqual(
      report.rows.map(({ what }) => what),
      EXAMINED,
    )
    assert.equal(
      report.rows.every(({ reason }) => reason !== ''),
      true,
    )
  }
})
