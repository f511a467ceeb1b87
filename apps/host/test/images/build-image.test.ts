import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { equalBytes } from '@trusted-launch/codec'
import {
  EFI_SYSTEM_PARTITION,
  isOfType,
  openFat,
  openPartition,
  readPartitionTable,
} from '@trusted-launch/disk'
import {
  decodePe,
  signatureDatabaseOf,
  VARIABLES,
  variablesOfTemplate,
  verifyImage,
} from '@trusted-launch/uefi'
import { buildImage, buildSmall, buildUki, unsignedModule } from '../../src/images/build-image.ts'
import { debianFiles } from '../../src/images/debian-files.ts'
import { openDiskFile } from '../../src/images/disk-file.ts'
import { putIntoEsp } from '../../src/images/esp-disk.ts'
import { withoutSignature } from '../../src/images/module-signature.ts'
import { ownKeys, ownSecureBootTemplate } from '../../src/images/own-keys.ts'

const cache = new URL('../../../../.cache', import.meta.url).pathname
const ready = existsSync(join(cache, 'debian/current'))
const skip = ready ? false : 'set-up has not unpacked the Debian packages'
const agent = new TextEncoder().encode('an agent')
const folders: string[] = []

/** A cache of its own that shares only the unpacked Debian packages. */
function ownCache(): string {
  const folder = mkdtempSync(join(tmpdir(), 'image-'))
  folders.push(folder)
  symlinkSync(join(cache, 'debian'), join(folder, 'debian'))
  return folder
}

let one = ''
let other = ''
before(() => {
  if (!ready) return
  one = ownCache()
  other = ownCache()
  ownKeys(one)
  mkdirSync(join(other, 'keys'))
  cpSync(join(one, 'keys/secure-boot'), join(other, 'keys/secure-boot'), { recursive: true })
})
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function filesOf(path: string) {
  const disk = openDiskFile(path, 'raw')
  const esp = readPartitionTable(disk).partitions.find((p) => isOfType(p, EFI_SYSTEM_PARTITION))!
  return openFat(openPartition(disk, esp))
}

/** FAT keeps times to two seconds. */
const fatTimeMs = 2_100

/** Builds in another process: elsewhere, later, in another time zone and with another umask. */
function buildElsewhere(name: 'small' | 'uki', cacheDirectory: string) {
  const module = new URL('../../src/images/build-image.ts', import.meta.url)
  const code = `
    import { buildImage } from '${module}'
    process.umask(0o077)
    const agent = new TextEncoder().encode('an agent')
    const options = { cacheDirectory: '${cacheDirectory}', agent }
    console.log(JSON.stringify(await buildImage('${name}', options)))`
  const env = { PATH: process.env.PATH, TZ: 'Asia/Kathmandu', LANG: 'C.UTF-8', HOME: '/nowhere' }
  const args = ['--input-type=module', '-e', code]
  return JSON.parse(execFileSync(process.execPath, args, { env, cwd: '/', encoding: 'utf8' }))
}

for (const name of ['small', 'uki'] as const)
  test(`${name} has the same bytes from another folder, later, in another time zone and umask`, {
    skip,
  }, async () => {
    const first = await buildImage(name, { cacheDirectory: one, agent })
    await sleep(fatTimeMs)
    const second = buildElsewhere(name, other)
    assert.notEqual(first.path, second.path)
    assert.equal(first.sha256, second.sha256)
    assert.ok(equalBytes(readFileSync(first.path), readFileSync(second.path)))
  })

test('the small image holds Debian’s signed programs and a configuration where GRUB looks', {
  skip,
}, async () => {
  const image = await buildImage('small', { cacheDirectory: one, agent })
  const files = filesOf(image.path)
  const debian = debianFiles(one)
  assert.ok(equalBytes(files.readFile('EFI/BOOT/BOOTX64.EFI')!, debian.shim))
  assert.ok(equalBytes(files.readFile('EFI/BOOT/grubx64.efi')!, debian.grub))
  assert.ok(equalBytes(files.readFile('vmlinuz')!, debian.kernel))
  assert.match(
    Buffer.from(files.readFile('EFI/debian/grub.cfg')!).toString(),
    /^linuxefi \/vmlinuz /m,
  )
  assert.equal(files.find('EFI/extra'), null)
})

test('an image is built once, and again when the agent or an addition changes', {
  skip,
}, async () => {
  const image = await buildSmall({ cacheDirectory: one, agent })
  const made = () => readdirSync(join(one, 'images')).filter((name) => name.startsWith('small-'))
  const before = made().length
  assert.deepEqual(await buildSmall({ cacheDirectory: one, agent }), image)
  assert.equal(made().length, before)
  const hook = new TextEncoder().encode('#!/bin/sh\n')
  const variants = [
    await buildSmall({ cacheDirectory: one, agent: Uint8Array.of(1) }),
    await buildSmall({ cacheDirectory: one, agent, hooks: [hook] }),
    await buildSmall({ cacheDirectory: one, agent, extra: { 'etc/more': hook } }),
  ]
  assert.equal(new Set([image, ...variants].map(({ sha256 }) => sha256)).size, 4)
  assert.ok(!readdirSync(join(one, 'images')).some((name) => name.startsWith('.part')))
})

test('the uki image is started by a machine with our keys, and not when one byte differs', {
  skip,
}, async () => {
  const image = await buildUki({ cacheDirectory: one, agent })
  const bytes = filesOf(image.path).readFile('EFI/BOOT/BOOTX64.EFI')!
  const store = variablesOfTemplate(ownSecureBootTemplate(one), true)
  const db = signatureDatabaseOf(store, VARIABLES.db)
  const verdict = (file: Uint8Array) => verifyImage(decodePe(file), { db, dbx: [] })
  assert.equal(verdict(bytes).allowed, true)
  const changed = new Uint8Array(bytes)
  changed[bytes.length >> 1]! ^= 1
  assert.equal(verdict(changed).allowed, false)
})

const withSbverify = spawnSync('sbverify', ['--version']).error === undefined
test('sbverify, too, finds the uki image signed by our key', {
  skip: skip || (withSbverify ? false : 'sbsigntool is not installed'),
}, async () => {
  const image = await buildUki({ cacheDirectory: one, agent })
  const [file, certificate] = [join(one, 'uki.efi'), join(one, 'db.pem')]
  writeFileSync(file, filesOf(image.path).readFile('EFI/BOOT/BOOTX64.EFI')!)
  writeFileSync(certificate, new X509Certificate(ownKeys(one).db).toString())
  const { stdout, stderr } = spawnSync('sbverify', ['--cert', certificate, file], {
    encoding: 'utf8',
  })
  assert.equal(`${stdout}${stderr}`, 'Signature verification OK\n')
})

test('files are put into a machine’s disk, with new folders, over old files', {
  skip,
}, async () => {
  const image = await buildSmall({ cacheDirectory: one, agent })
  const disk = join(one, 'disk')
  cpSync(image.path, disk)
  const module = unsignedModule(one)
  const path = 'EFI/extra/modules/unsigned.ko'
  const configuration = new TextEncoder().encode('linuxefi /vmlinuz lockdown=none\n')
  await putIntoEsp(
    disk,
    new Map([
      [path, module],
      ['EFI/debian/grub.cfg', configuration],
    ]),
  )
  assert.ok(equalBytes(filesOf(disk).readFile(path)!, module))
  assert.ok(equalBytes(filesOf(disk).readFile('EFI/debian/grub.cfg')!, configuration))
  assert.ok(equalBytes(filesOf(disk).readFile('vmlinuz')!, debianFiles(one).kernel))
})

test('a module without its signature is the same module, and has no second one to lose', {
  skip,
}, () => {
  const signed = debianFiles(one).module('dummy')
  const bare = withoutSignature(signed)
  assert.ok(bare.length < signed.length)
  assert.ok(equalBytes(bare, new Uint8Array(signed).subarray(0, bare.length)))
  assert.throws(() => withoutSignature(bare), RangeError)
})

test('without set-up the reason is told', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'image-'))
  folders.push(empty)
  await assert.rejects(buildImage('small', { cacheDirectory: empty, agent }), {
    code: 'image-inputs-missing',
  })
  await assert.rejects(buildImage('large' as 'small', { cacheDirectory: empty }), {
    code: 'image-unknown',
  })
})
