import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { equalBytes } from '@trusted-launch/codec'
import { basicConstraints, issueCertificate, SigningKey } from '@trusted-launch/crypto'
import {
  EFI_SYSTEM_PARTITION,
  isOfType,
  openFat,
  openPartition,
  readPartitionTable,
} from '@trusted-launch/disk'
import {
  authenticodeSignatures,
  certificateList,
  decodePe,
  GUIDS,
  verifyImage,
} from '@trusted-launch/uefi'
import { debianFiles } from '../../src/images/debian-files.ts'
import { openDiskFile } from '../../src/images/disk-file.ts'
import { writeEspDisk } from '../../src/images/esp-disk.ts'
import { signFile } from '../../src/index.ts'

const cache = new URL('../../../../.cache', import.meta.url).pathname
const ready = existsSync(join(cache, 'debian/current'))
const skip = ready ? false : 'set-up has not unpacked the Debian packages'
const folder = mkdtempSync(join(tmpdir(), 'sign-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const written = (name: string, bytes: Uint8Array) => {
  writeFileSync(at(name), bytes)
  return at(name)
}

function newSigner(name: string) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = SigningKey.fromPkcs8(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const subject = [{ oid: '2.5.4.3', value: name }]
  const from = Math.floor(Date.now() / 1000) * 1000
  const fields = {
    ...{ serial: Uint8Array.of(1), issuer: subject, subject, publicKey: key.publicKey },
    ...{ notBefore: from, notAfter: from + 86_400_000 },
    extensions: [basicConstraints({ ca: false })],
  }
  return { key, certificate: issueCertificate(fields, key, { scheme: 'rsassa', hash: 'sha256' }) }
}

type Signer = ReturnType<typeof newSigner>
const [ours, theirs] = [newSigner('ours'), newSigner('theirs')]

/** Whether firmware that trusts this certificate alone starts it. */
function starts(file: Uint8Array, { certificate }: Signer): boolean {
  const db = [certificateList(GUIDS.EFI_GLOBAL_VARIABLE, certificate)]
  return verifyImage(decodePe(file), { db, dbx: [] }).allowed
}

const read = (path: string) => new Uint8Array(readFileSync(path))

test('a program is signed into a new file, which firmware that trusts the certificate starts', {
  skip,
}, async () => {
  const stub = debianFiles(cache).ukiStub
  const from = written('stub.efi', stub)
  assert.deepEqual(await signFile(from, at('signed.efi'), ours), [
    { path: 'stub.efi', isNew: true },
  ])
  const signed = read(at('signed.efi'))
  assert.deepEqual([starts(signed, ours), starts(signed, theirs)], [true, false])
  assert.ok(equalBytes(read(from), stub))
  signed[signed.length >> 2]! ^= 1
  assert.equal(starts(signed, ours), false)
})

test('a second signature stands behind the first, both hold, and the same again changes nothing', {
  skip,
}, async () => {
  const shim = debianFiles(cache).shim
  const from = written('shim.efi', shim)
  await signFile(from, at('one.efi'), ours)
  await signFile(at('one.efi'), at('two.efi'), theirs)
  const two = read(at('two.efi'))
  assert.deepEqual([starts(two, ours), starts(two, theirs)], [true, true])
  const count = (bytes: Uint8Array) => authenticodeSignatures(decodePe(bytes)).signatures.length
  assert.equal(count(two), count(shim) + 2)
  assert.deepEqual(await signFile(at('two.efi'), at('three.efi'), ours), [
    { path: 'two.efi', isNew: false },
  ])
  assert.ok(equalBytes(read(at('three.efi')), two))
})

const withSbverify = spawnSync('sbverify', ['--version']).error === undefined
test('sbverify, too, finds each of two signatures good, and not a third', {
  skip: skip || (withSbverify ? false : 'sbsigntool is not installed'),
}, async () => {
  const from = written('plain.efi', debianFiles(cache).ukiStub)
  await signFile(from, at('plain1.efi'), ours)
  await signFile(at('plain1.efi'), at('plain2.efi'), theirs)
  const said = (signer: Signer) => {
    const pem = written('sbverify.pem', Buffer.from(`${new X509Certificate(signer.certificate)}`))
    return spawnSync('sbverify', ['--cert', pem, at('plain2.efi')], { encoding: 'utf8' })
  }
  for (const signer of [ours, theirs])
    assert.match(said(signer).stdout, /^Signature verification OK$/m)
  assert.notEqual(said(newSigner('ours')).status, 0)
})

/** What a disk has at a path of its EFI system partition. */
function inEsp(path: string, format: 'raw' | 'qcow2', name: string): Uint8Array {
  const disk = openDiskFile(path, format)
  const esp = readPartitionTable(disk).partitions.find((p) => isOfType(p, EFI_SYSTEM_PARTITION))!
  const bytes = openFat(openPartition(disk, esp)).readFile(name)!
  disk.close()
  return bytes
}

const FALLBACK = 'EFI/BOOT/BOOTX64.EFI'
const KERNEL = 'EFI/Linux/debian 6.1.efi'

for (const format of ['raw', 'qcow2'] as const)
  test(`of a ${format} disk what firmware starts and the unified kernels are signed, the rest is not`, {
    skip,
  }, async () => {
    const stub = debianFiles(cache).ukiStub
    const files = new Map([
      [FALLBACK, stub],
      [KERNEL, stub],
      ['EFI/other/tool.efi', stub],
      ['EFI/Linux/notes.txt', Uint8Array.of(1)],
    ])
    const raw = at(`disk-${format}.raw`)
    await writeEspDisk(raw, files, 40)
    const from = format === 'raw' ? raw : at('disk.qcow2')
    if (format === 'qcow2') execFileSync('qemu-img', ['convert', '-O', format, raw, from])
    const before = createHash('sha256').update(readFileSync(from)).digest('hex')
    const to = at(`signed.${format}`)
    assert.deepEqual(await signFile(from, to, ours), [
      { path: FALLBACK, isNew: true },
      { path: KERNEL, isNew: true },
    ])
    for (const path of [FALLBACK, KERNEL]) assert.ok(starts(inEsp(to, format, path), ours), path)
    assert.ok(equalBytes(inEsp(to, format, 'EFI/other/tool.efi'), stub))
    assert.equal(createHash('sha256').update(readFileSync(from)).digest('hex'), before)
    const one = await signFile(from, to, ours, { paths: ['EFI/other/tool.efi'], replaces: true })
    assert.deepEqual(one, [{ path: 'EFI/other/tool.efi', isNew: true }])
    assert.ok(!starts(inEsp(to, format, FALLBACK), ours))
  })

test('what has nothing to sign is refused, nothing is overwritten, and nothing is left', {
  skip,
}, async () => {
  const empty = at('empty.raw')
  await writeEspDisk(empty, new Map([['notes.txt', Uint8Array.of(1)]]), 40)
  const unreadable = { code: 'image-unreadable' }
  await assert.rejects(signFile(empty, at('no.raw'), ours), unreadable)
  for (const path of ['EFI/none.efi', 'EFI/*.efi', '::x'])
    await assert.rejects(signFile(empty, at('no.raw'), ours, { paths: [path] }), unreadable)
  const malformed = { code: 'MALFORMED' }
  await assert.rejects(signFile(written('mz', Buffer.from('MZ')), at('no.raw'), ours), malformed)
  await assert.rejects(signFile(written('none', Buffer.alloc(9)), at('no.raw'), ours), malformed)
  const stub = written('again.efi', debianFiles(cache).ukiStub)
  written('there.efi', Buffer.from('mine'))
  await assert.rejects(signFile(stub, at('there.efi'), ours), { code: 'EEXIST' })
  assert.equal(readFileSync(at('there.efi'), 'utf8'), 'mine')
  assert.deepEqual(
    readdirSync(folder).filter((name) => /^(?:\.part|no\.)/.test(name)),
    [],
  )
})
