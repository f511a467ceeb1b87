import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Certificate, issueCertificate, SigningKey } from '@trusted-launch/crypto'
import { certificateList, decodePe, GUIDS, verifyImage } from '@trusted-launch/uefi'
import { good, json } from './a-control-plane.ts'
import { newAuthority, pemOf } from './a-record.ts'
import { fileOf, newFolder, tl } from './a-run.ts'

const config = newFolder()
process.env.XDG_CONFIG_HOME = config
const keys = join(config, 'trusted-launch/signing-keys')

const program = globSync(
  join(import.meta.dirname, '../../../.cache/debian/*/root/usr/lib/systemd/boot/efi/*.efi.stub'),
)[0]
const skip = program === undefined ? 'set-up has not unpacked the Debian packages' : false

const PASSWORD = 'open sesame'

/** A key as others make it, with a certificate of its own that is valid from some days from now to some others. */
function foreign(name: string, [from, to]: readonly [number, number] = [-1, 1], bits = 2048) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const key = SigningKey.fromPkcs8(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const subject = [{ oid: '2.5.4.3', value: name }]
  const dayOf = (day: number) => (Math.floor(Date.now() / 1000) + day * 86_400) * 1000
  const fields = {
    ...{ serial: Uint8Array.of(1), issuer: subject, subject, publicKey: key.publicKey },
    ...{ notBefore: dayOf(from), notAfter: dayOf(to), extensions: [] },
  }
  const der = issueCertificate(fields, key, { scheme: 'rsassa', hash: 'sha256' })
  const locked = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: PASSWORD }
  return {
    key: fileOf('key.pem', String(privateKey.export({ format: 'pem', type: 'pkcs1' }))),
    locked: fileOf('locked.pem', String(privateKey.export(locked as never))),
    certificate: fileOf('certificate.pem', pemOf('CERTIFICATE', der)),
  }
}

const imported = (name: string, key: string, certificate: string) =>
  tl('signing-key', 'import', name, '--private-key', key, '--certificate', certificate)

test('a signing key is made for its owner alone, told of without the key, and its certificate is given', async () => {
  const made = await good('signing-key', 'create', 'ours')
  assert.equal(made.out, 'made ours: tl image sign IMAGE --key ours\n')
  const file = join(keys, 'ours/key.pem')
  assert.deepEqual([statSync(file).mode & 0o777, statSync(keys).mode & 0o777], [0o600, 0o700])
  assert.equal(createPrivateKey(readFileSync(file)).asymmetricKeyDetails?.modulusLength, 2048)
  const pem = (await good('signing-key', 'show', 'ours', '--certificate')).out
  const certificate = new X509Certificate(pem)
  assert.equal(certificate.subject, 'CN=ours')
  assert.ok(certificate.checkPrivateKey(createPrivateKey(readFileSync(file))))
  assert.ok(certificate.verify(certificate.publicKey))
  const base64 = await good('signing-key', 'show', 'ours', '--certificate', '--form', 'base64')
  assert.equal(base64.out, `${certificate.raw.toString('base64')}\n`)
  const shown = await good('signing-key', 'show', 'ours')
  assert.match(shown.out, /^key +RSA, 2048 bits$/m)
  assert.match((await good('signing-key', 'list')).out, /^ours +CN=ours +\d{4}-\d\d-\d\d +no$/m)
  const view = await json('signing-key', 'show', 'ours')
  assert.deepEqual([view.certificate, view.encrypted], [certificate.raw.toString('base64'), false])
  const secret = readFileSync(file, 'utf8').split('\n')[3]!
  const said = [made, base64, shown].map(({ out, err }) => out + err).join()
  assert.ok(!`${said}${JSON.stringify(view)}`.includes(secret))
})

test('a name is taken once, and a name is no path', async () => {
  await good('signing-key', 'create', 'once')
  const before = readFileSync(join(keys, 'once/key.pem'), 'utf8')
  const again = await tl('signing-key', 'create', 'once')
  assert.equal(again.code, 2)
  assert.match(again.err, /there is a signing key once already/)
  assert.equal(readFileSync(join(keys, 'once/key.pem'), 'utf8'), before)
  for (const name of ['../x', 'a/b', '.x', '', 'x'.repeat(65)])
    assert.equal((await tl('signing-key', 'create', name)).code, 2, name)
  assert.match((await tl('signing-key', 'show', 'nobody')).err, /no signing key nobody: tl signing/)
})

test('a key of others is kept with its own certificate, wherever that stands in its file', async () => {
  const { key, certificate } = foreign('theirs')
  const other = pemOf('CERTIFICATE', newAuthority('another').certificate.der)
  const chain = fileOf('chain.pem', other + readFileSync(certificate, 'utf8'))
  const ran = await imported('theirs', key, chain)
  assert.equal(ran.code, 0, ran.err)
  assert.equal((await json('signing-key', 'show', 'theirs')).subject, 'CN=theirs')
  assert.equal(statSync(join(keys, 'theirs/key.pem')).mode & 0o777, 0o600)
})

test('what does not fit is refused, and nothing is kept', async () => {
  const fits = foreign('fits')
  const refused = async (key: string, certificate: string, code: number, why: RegExp) => {
    const ran = await imported('none', key, certificate)
    assert.equal(ran.code, code, ran.err)
    assert.match(ran.err, why)
    assert.ok(!existsSync(join(keys, 'none')))
  }
  await refused(fits.key, foreign('other').certificate, 2, /another key’s/)
  const over = foreign('over', [-3, -1])
  await refused(over.key, over.certificate, 2, /the certificate ended at \d{4}-/)
  const early = foreign('early', [1, 3])
  await refused(early.key, early.certificate, 2, /the certificate begins at \d{4}-/)
  const short = foreign('short', [-1, 1], 1024)
  await refused(short.key, short.certificate, 2, /2048 bits or more; this one is rsa of 1024 bits/)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const curve = fileOf('ec.pem', String(privateKey.export({ format: 'pem', type: 'pkcs8' })))
  await refused(curve, fits.certificate, 2, /this one is ec/)
  await refused(fits.certificate, fits.certificate, 2, /no private key in PEM/)
  const bad = fileOf('bad.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
  await refused(bad, fits.certificate, 2, /no private key in PEM/)
  await refused(fits.key, fits.key, 5, /not a certificate/)
  await refused(fileOf('big', new Uint8Array(70_000)), fits.certificate, 5, /more than 65536 bytes/)
})

const launcher = join(import.meta.dirname, '../bin/tl.mjs')
/** In a process of its own, whose standard input is this text. */
const typing = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, [launcher, ...args], { input, encoding: 'utf8' })

test('an encrypted key stays encrypted, and its password is asked for, never an argument', {
  skip,
}, async () => {
  const { locked, certificate } = foreign('locked')
  const files = ['--private-key', locked, '--certificate', certificate]
  const wrong = typing('sesame\n', 'signing-key', 'import', 'locked', ...files)
  assert.equal(wrong.status, 2)
  assert.match(wrong.stderr, /the password does not open it/)
  assert.match(
    typing('', 'signing-key', 'import', 'locked', ...files).stderr,
    /no secret was given/,
  )
  const kept = typing(`${PASSWORD}\n`, 'signing-key', 'import', 'locked', ...files)
  assert.equal(kept.status, 0, kept.stderr)
  assert.match(readFileSync(join(keys, 'locked/key.pem'), 'utf8'), /ENCRYPTED PRIVATE KEY/)
  const out = join(newFolder(), 'signed.efi')
  const sign = ['image', 'sign', program!, '--key', 'locked', '--out', out]
  assert.equal(typing('sesame\n', ...sign).status, 2)
  assert.ok(!existsSync(out))
  assert.equal(typing(`${PASSWORD}\n`, ...sign).status, 0)
})

test('a program is signed beside itself, overwritten only when that is asked for', {
  skip,
}, async () => {
  await good('signing-key', 'create', 'signer')
  const file = fileOf('linux.efi', readFileSync(program!))
  const ran = await good('image', 'sign', file, '--key', 'signer')
  const to = file.replace('.efi', '.signed.efi')
  assert.deepEqual([ran.out, ran.err], [`${to}\n`, 'signed linux.efi\n'])
  const pem = (await good('signing-key', 'show', 'signer', '--certificate')).out
  const { raw } = new X509Certificate(pem)
  const der = Certificate.decode(Uint8Array.from(raw)).der
  const db = [certificateList(GUIDS.EFI_GLOBAL_VARIABLE, der)]
  const signed = decodePe(new Uint8Array(readFileSync(to)))
  assert.equal(verifyImage(signed, { db, dbx: [] }).allowed, true)
  const again = await tl('image', 'sign', file, '--key', 'signer')
  assert.equal(again.code, 2)
  assert.match(again.err, /linux\.signed\.efi is there already/)
  const forced = await json('image', 'sign', file, '--key', 'signer', '--force')
  assert.deepEqual(forced, {
    ...{ file: to, key: 'signer' },
    programs: [{ path: 'linux.efi', isNew: true }],
  })
  const twice = await good('image', 'sign', to, '--key', 'signer')
  assert.equal(twice.err, 'has this signature already: linux.signed.efi\n')
})

test('what cannot be signed is named', async () => {
  await good('signing-key', 'create', 'namer')
  const text = await tl('image', 'sign', fileOf('notes', 'text'), '--key', 'namer')
  assert.equal(text.code, 5)
  assert.match(text.err, /notes: neither a disk image nor a program that can be signed/)
  assert.equal((await tl('image', 'sign', '/nowhere', '--key', 'namer')).code, 1)
  assert.match(
    (await tl('image', 'sign', fileOf('x', ''), '--key', 'nobody')).err,
    /no signing key nobody/,
  )
})
