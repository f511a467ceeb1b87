import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  encodeReferenceValues,
  PINNED_PCRS,
  parseReferenceValues,
} from '@trusted-launch/attestation'
import { encode, fromUtf8, MalformedError, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { fromBytes, openFat, openPartition, readPartitionTable } from '@trusted-launch/disk'
import {
  bootOptionName,
  DEVICE_PATH_TYPE,
  DevicePath,
  databaseOf,
  decodeVariableStore,
  EFI_LOAD_OPTION,
  encodeVariableStore,
  parseSecureBootTemplate,
  plainVariable,
  SignatureDatabase,
  shimVendor,
  VARIABLES,
  variablesOfTemplate,
  vendorDatabase,
  withSecureBoot,
} from '@trusted-launch/uefi'
import {
  BootChainError,
  confirmViolation,
  isRefused,
  openBootDisk,
  predict,
  predictBoots,
  report,
  walk,
} from '../src/index.ts'
import { openLoader } from '../src/walk.ts'

const root = join(import.meta.dirname, '../../..')
const images = join(root, '.cache/images')
const firmware = '/usr/share/OVMF/OVMF_VARS_4M.fd'
const folder = existsSync(images)
  ? readdirSync(images).find((n) => n.startsWith('small-'))
  : undefined
const small = folder === undefined ? null : join(images, folder, 'disk.raw')
const skip =
  small === null || !existsSync(small) || !existsSync(firmware)
    ? 'the small image or Debian’s ovmf is not on this machine'
    : false

const json = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
const template = parseSecureBootTemplate(JSON.parse(readFileSync(json, 'utf8')))
const storeOf = (secureBoot: boolean) =>
  encodeVariableStore(
    new Uint8Array(readFileSync(firmware)),
    variablesOfTemplate(template, secureBoot),
  )
const bytesOfDisk = () => new Uint8Array(readFileSync(small!))
const image = { name: 'small', sha256: 'ab'.repeat(32) }
const banks = ['sha256', 'sha384'] as const
const predicted = (bytes: Uint8Array, variables = storeOf(true)) =>
  predict({ disk: fromBytes(bytes), variables, image, banks })

/** The disk with one byte of a file changed, so far into it. */
function struck(path: string, part = 0.5): Uint8Array {
  const bytes = bytesOfDisk()
  const disk = fromBytes(bytes)
  const [esp] = readPartitionTable(disk).partitions
  const extents = openFat(openPartition(disk, esp!)).extentsOf(path)!
  const { offset, length } = extents[Math.floor(extents.length * part)]!
  bytes[esp!.offset + offset + Math.floor(length * part)]! ^= 1
  return bytes
}

test('reference values are made, the same ones twice, and read back as they were', { skip }, () => {
  const values = predicted(bytesOfDisk())
  const encodedOf = (variant: typeof values) =>
    encodeReferenceValues({ version: 2, variants: [variant] })
  const encoded = encodedOf(values)
  assert.deepEqual(encoded, encodedOf(predicted(bytesOfDisk())))
  const [read] = parseReferenceValues(encoded).variants
  assert.deepEqual(read, JSON.parse(JSON.stringify(values)))
  const more = { ...image, path: '/var/lib/images/small', format: 'raw' }
  const again = predict({
    disk: fromBytes(bytesOfDisk()),
    variables: storeOf(true),
    image: more,
    banks,
  })
  assert.deepEqual(encodedOf(again), encoded)
  assert.equal(values.variables.secureBoot, true)
  assert.match(values.kernel.commandLine!, /^\/vmlinuz /)
  assert.ok(values.kernel.modules!.some(({ path }) => path === '/lib/modules/virtio.ko'))
})

test("an initial RAM file system that cannot be read leaves the modules to the image's builder, or unknown", {
  skip,
}, () => {
  const told = { path: '/usr/lib/modules/6.1/kernel/a.ko', sha256: 'cd'.repeat(32) }
  const given = { variables: storeOf(true), image, banks }
  const readable = predict({ ...given, disk: fromBytes(bytesOfDisk()), modules: [told] })
  assert.deepEqual(readable.kernel.modules!.at(-1), told)
  assert.ok(readable.kernel.modules!.length > 1)
  const disk = fromBytes(struck('initrd.img', 0))
  assert.equal(predict({ ...given, disk }).kernel.modules, null)
  assert.deepEqual(predict({ ...given, disk, modules: [told] }).kernel.modules, [told])
})

test('with Secure Boot off the kernel is in PCR 9 only and nobody vouches for anything', {
  skip,
}, () => {
  const [on, off] = [true, false].map((secureBoot) => predicted(bytesOfDisk(), storeOf(secureBoot)))
  const components = (values: typeof on, pcr: string) =>
    values!.pcrs[pcr]!.events!.map(({ component }) => component)
  assert.equal(components(on, '4').filter((c) => c === 'kernel').length, 2)
  assert.equal(components(off, '4').filter((c) => c === 'kernel').length, 0)
  assert.ok(components(off, '9').includes('kernel'))
  assert.equal(on!.pcrs['7']!.events!.length - off!.pcrs['7']!.events!.length, 2)
  assert.notEqual(on!.pcrs['7']!.values!.sha256, off!.pcrs['7']!.values!.sha256)
})

/** The disk with another configuration of GRUB, to the byte as long. */
function configured(change: (text: string) => string): Uint8Array {
  const bytes = bytesOfDisk()
  const disk = fromBytes(bytes)
  const [esp] = readPartitionTable(disk).partitions
  const fat = openFat(openPartition(disk, esp!))
  const path = 'EFI/debian/grub.cfg'
  const config = change(fromUtf8(fat.readFile(path)!))
  bytes.set(toUtf8(config), esp!.offset + fat.extentsOf(path)![0]!.offset)
  return bytes
}

/** With GRUB's own `linux` and `initrd` in place of Debian's. */
const withPlainLinux = () => configured((text) => text.replace(/^(linux|initrd)efi /gm, '$1    '))

test('where GRUB cannot be followed, its registers are foretold in any order, and the others as ever', {
  skip,
}, () => {
  const unknown = configured((text) => text.replace('set timeout=0', 'loadfont none'))
  const boots = (secureBoot: boolean) =>
    predictBoots({ disk: fromBytes(unknown), variables: storeOf(secureBoot), image, banks })
  assert.throws(() => predicted(unknown), { code: 'UNPREDICTABLE' })
  assert.throws(() => boots(false), { code: 'UNPREDICTABLE' })
  const [variant, ...others] = boots(true)
  assert.equal(others.length, 0)
  assert.equal(variant!.name, 'small, vmlinuz')
  const pristine = predicted(bytesOfDisk())
  assert.equal(variant!.kernel.commandLine, pristine.kernel.commandLine)
  for (const [pcr, foretold] of Object.entries(variant!.pcrs))
    if (pcr === '8' || pcr === '9') assert.equal(foretold.values, null)
    else assert.deepEqual(foretold, pristine.pcrs[pcr])
  const values = { version: 2, variants: [variant!] } as const
  assert.deepEqual(parseReferenceValues(encodeReferenceValues(values)), values)
})

test('a configuration of GRUB’s own commands is foretold with Secure Boot on alone', {
  skip,
}, () => {
  const commands = predicted(withPlainLinux()).pcrs['8']!.events!.map(
    ({ description }) => description,
  )
  assert.ok(commands.includes('initrd /initrd.img'))
  assert.throws(() => predicted(withPlainLinux(), storeOf(false)), { code: 'UNPREDICTABLE' })
})

test('a changed file changes the register it is measured into', { skip }, () => {
  const pristine = predicted(bytesOfDisk())
  const changed = predicted(struck('initrd.img'))
  const differing = Object.keys(pristine.pcrs).filter(
    (pcr) => pristine.pcrs[pcr]!.values!.sha384 !== changed.pcrs[pcr]!.values!.sha384,
  )
  assert.deepEqual(differing, ['9'])
})

for (const [path, component] of [
  ['EFI/BOOT/BOOTX64.EFI', 'loader'],
  ['EFI/BOOT/grubx64.efi', 'GRUB'],
  ['vmlinuz', 'kernel'],
] as const)
  test(`one changed byte of the ${component} on a stopped disk is confirmed as its violation`, {
    skip,
  }, () => {
    const given = { disk: fromBytes(struck(path)), variables: storeOf(true) }
    const found = confirmViolation(given)
    assert.deepEqual([found?.component, found?.reason], [component, 'digest-mismatch'])
    for (const each of ['loader', 'GRUB', 'kernel'] as const)
      assert.equal(isRefused({ ...given, component: each }), each === component)
  })

/** A store with this boot option before the default path; GRUB's own signer may be in its db. */
function withOption(path: string | Uint8Array, trustsGrub = false): Uint8Array {
  const loader = openLoader(openBootDisk(fromBytes(bytesOfDisk()))).image
  let store = decodeVariableStore(storeOf(true))
  const more = trustsGrub ? vendorDatabase(shimVendor(loader)!) : []
  const db = encode(SignatureDatabase, [...databaseOf(template.db), ...more])
  store = store.with({ ...store.get(VARIABLES.db)!, data: db })
  const name = toUtf16le(`\\${path}\0`)
  const option =
    typeof path === 'string'
      ? encode(EFI_LOAD_OPTION, {
          ...{ attributes: 1, description: 'other', optionalData: new Uint8Array() },
          filePathList: encode(DevicePath, [
            { type: DEVICE_PATH_TYPE.MEDIA, subType: 4, data: name },
            { type: DEVICE_PATH_TYPE.END, subType: 0xff, data: new Uint8Array() },
          ]),
        })
      : path
  const values = [
    plainVariable(bootOptionName(7), option),
    plainVariable(VARIABLES.BootOrder, Uint8Array.of(7, 0)),
  ]
  for (const value of values) store = store.with(value)
  return encodeVariableStore(new Uint8Array(readFileSync(firmware)), store)
}

test('what is judged is what the firmware would take: a boot option before the default path', {
  skip,
}, () => {
  const grub = 'EFI\\BOOT\\grubx64.efi'
  const judged = (bytes: Uint8Array, variables: Uint8Array) =>
    isRefused({ disk: fromBytes(bytes), variables, component: 'loader' })
  const shim = struck('EFI/BOOT/BOOTX64.EFI')
  const good = bytesOfDisk()
  // the option boots: what lies at the default path is not run
  assert.equal(judged(shim, withOption(grub, true)), false)
  assert.equal(confirmViolation({ disk: fromBytes(shim), variables: withOption(grub, true) }), null)
  // the option is refused: the firmware goes on to the default path
  assert.equal(judged(good, withOption(grub)), false)
  assert.equal(judged(shim, withOption(grub)), true)
  assert.equal(
    confirmViolation({ disk: fromBytes(shim), variables: withOption(grub) })?.path,
    'EFI/BOOT/grubx64.efi',
  )
  // the option's file is gone
  assert.equal(judged(good, withOption('EFI\\gone.efi')), false)
  assert.equal(judged(shim, withOption('EFI\\gone.efi')), true)
  // an option that cannot be read
  assert.equal(judged(shim, withOption(Uint8Array.of(1, 0))), null)
})

test('a good disk is no violation, and neither is one that is not a disk', { skip }, () => {
  const variables = storeOf(true)
  assert.equal(confirmViolation({ disk: fromBytes(bytesOfDisk()), variables }), null)
  assert.equal(confirmViolation({ disk: fromBytes(struck('initrd.img')), variables }), null)
  const nothing = { disk: fromBytes(new Uint8Array(4096)), variables }
  assert.equal(confirmViolation(nothing), null)
  assert.equal(isRefused({ ...nothing, component: 'kernel' }), null)
  assert.equal(isRefused({ disk: fromBytes(bytesOfDisk()), variables, component: 'kernel' }), false)
})

test('a loader that the store would refuse has no reference values', { skip }, () => {
  assert.throws(
    () => predicted(struck('EFI/BOOT/BOOTX64.EFI')),
    (e) => e instanceof BootChainError && e.code === 'WOULD_NOT_BOOT',
  )
})

test('a disk with bytes changed anywhere is foretold or refused, and confirms nothing else', {
  skip,
}, () => {
  const bytes = bytesOfDisk()
  const random = randomFrom(1)
  for (let i = 0; i < 16; i++) {
    const struck = bytes.slice()
    const end = i % 2 === 0 ? 3 << 20 : struck.length
    for (let k = 0; k < 64; k++) struck[random(end)] = random(256)
    const variables = storeOf(true)
    confirmViolation({ disk: fromBytes(struck), variables })
    try {
      predictBoots({ disk: fromBytes(struck), variables, image, banks })
    } catch (e) {
      assert.ok(e instanceof BootChainError || e instanceof MalformedError, String(e))
    }
  }
})

test('the chain is named file by file', { skip }, () => {
  const chain = walk(fromBytes(bytesOfDisk()))
  assert.ok(chain.kind === 'shim')
  assert.deepEqual(
    [chain.loader.path, chain.grub.path, chain.kernel.path],
    ['EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/grubx64.efi', 'vmlinuz'],
  )
})

test('switching Secure Boot off in a store changes nothing else of it', { skip }, () => {
  const store = decodeVariableStore(storeOf(true))
  assert.equal(withSecureBoot(store, false).list().length, store.list().length)
})

test('the report names the signers, the CAs that would do, and what an empty db would refuse', {
  skip,
}, () => {
  const disk = fromBytes(bytesOfDisk())
  const good = report(disk, { db: databaseOf(template.db), dbx: databaseOf(template.dbx) })
  assert.equal(good.wouldBoot, true)
  assert.deepEqual(good.microsoftCas, [2011, 2023])
  assert.deepEqual(
    good.images.map(({ stage }) => stage),
    ['shim', 'GRUB', 'kernel'],
  )
  assert.match(good.images[2]!.signers[0]!.issuer, /Debian Secure Boot CA/)
  const none = report(disk, { db: [], dbx: [] })
  assert.equal(none.wouldBoot, false)
  assert.equal(none.images[0]!.verdict.allowed, false)
  const only2023 = report(disk, { db: databaseOf(template.db).slice(1), dbx: [] })
  assert.equal(only2023.wouldBoot, true)
})

const ukiFolder = existsSync(images)
  ? readdirSync(images).find((name) => name.startsWith('uki-'))
  : undefined
const uki = ukiFolder === undefined ? null : join(images, ukiFolder, 'disk.raw')

test('a unified kernel image is measured by sections, command line and initrd', {
  skip: skip || (uki === null ? 'the uki image is not on this machine' : false),
}, () => {
  const bytes = new Uint8Array(readFileSync(uki!))
  const { pcrs, kernel } = predicted(bytes, storeOf(false))
  const measured = Object.entries(pcrs).filter(([, { events }]) => events!.length > 0)
  assert.deepEqual(Object.keys(pcrs), PINNED_PCRS.map(String))
  assert.deepEqual(
    measured.map(([pcr]) => pcr),
    ['2', '3', '4', '5', '6', '7', '9', '11'],
  )
  assert.deepEqual(
    pcrs['9']!.events!.map(({ component }) => component),
    ['kernel command line', 'initrd'],
  )
  const sections = pcrs['11']!.events!.map(({ description }) => description.split(' ').at(-1))
  assert.deepEqual([...new Set(sections)], ['.linux', '.osrel', '.cmdline', '.initrd'])
  assert.match(kernel.commandLine!, /^console=/)
  assert.ok(kernel.modules!.length > 0)
})
