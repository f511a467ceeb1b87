import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { newAuthority, pemOf } from './a-record.ts'
import { newFolder, tl } from './a-run.ts'

const VERSION = ['gallery', 'image-version']

test('a gallery, a definition and a version are made, told of, VMs are made of them, and they go again', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'maker', '--image', 'small')
  await good('vm', 'deallocate', 'maker')
  const gallery = await good('gallery', 'create', 'ours', '--description', 'our own')
  assert.equal(gallery.out, 'made ours: tl gallery image-definition create ours DEFINITION\n')
  const definition = ['gallery', 'image-definition', 'create', 'ours', 'web']
  const defined = await good(
    ...definition,
    '--os-state',
    'Specialized',
    '--security-type',
    'TrustedLaunch',
  )
  assert.equal(
    defined.out,
    'made web: tl gallery image-version create ours web 1.0.0 --image IMAGE\n',
  )
  const made = await good(...VERSION, 'create', 'ours', 'web', '1.0.0', '--vm', 'maker')
  assert.equal(made.out, 'made 1.0.0: tl vm create --name NAME --image ours/web/1.0.0\n')
  assert.match(made.err, /making ours\/web\/1\.0\.0/)
  assert.match((await good('gallery', 'list')).out, /^ours +default +local +our own$/m)
  assert.match(
    (await good('gallery', 'image-definition', 'list', 'ours')).out,
    /^web +Linux, Specialized +V2 +TrustedLaunch +me:web:gen2$/m,
  )
  assert.match(
    (await good(...VERSION, 'list', 'ours', 'web')).out,
    /^1\.0\.0 +Succeeded .* its system's own +virtualMachines\/maker$/m,
  )
  const kept = await tl('gallery', 'delete', 'ours')
  assert.match(kept.err, /\n {4}tl gallery image-definition list ours/)
  const dry = await good(...VERSION, 'delete', 'ours', 'web', '1.0.0', '--dry-run')
  assert.match(dry.out, /^it would be deleted:\nversion +1\.0\.0$/m)
  await good(...VERSION, 'show', 'ours', 'web', '1.0.0')
  await good(...VERSION, 'delete', 'ours', 'web', '1.0.0')
  await good('gallery', 'image-definition', 'delete', 'ours', 'web')
  await good('gallery', 'delete', 'ours')
  assert.equal((await good('gallery', 'list')).out, 'no galleries\n')
})

test('a version takes keys of one’s own out of files of certificates', async (t) => {
  const { host } = await signedIn(t)
  const folder = newFolder()
  const file = (name: string) => {
    const { certificate } = newAuthority(name)
    writeFileSync(join(folder, name), pemOf('CERTIFICATE', certificate.der))
    return join(folder, name)
  }
  const [pk, kek, db] = [file('pk.pem'), file('kek.pem'), file('db.pem')]
  writeFileSync(join(folder, 'disk.raw'), new Uint8Array(1 << 20))
  await good('gallery', 'create', 'ours')
  await good('gallery', 'image-definition', 'create', 'ours', 'web')
  const create = [...VERSION, 'create', 'ours', 'web', '1.0.0', '--file', join(folder, 'disk.raw')]
  const lacking = await tl(...create, '--template', 'none', '--pk', pk, '--db', db)
  assert.match(lacking.err, /KEK is empty.*give a key as 'kek'/)
  const made = await json(...create, '--template', 'none', '--pk', pk, '--kek', kek, '--db', db)
  const { uefiSettings } = made.properties.securityProfile
  assert.deepEqual(uefiSettings.signatureTemplateNames, ['NoSignatureTemplate'])
  assert.deepEqual(Object.keys(uefiSettings.additionalSignatures), ['pk', 'kek', 'db'])
  assert.match(
    (await good(...VERSION, 'show', 'ours', 'web', '1.0.0')).out,
    /^keys +NoSignatureTemplate, own pk, own kek, own db$/m,
  )
  await good('vm', 'create', '--name', 'web', '--image', 'ours/web')
  const [machine] = await host.machines()
  assert.equal(host.plan(machine!)!.signatures!.db.length, 1)
  assert.match((await good('vm', 'show', 'web')).out, /^image +ours\/web$/m)
  const used = await tl(...VERSION, 'delete', 'ours', 'web', '1.0.0')
  assert.match(used.err, /\n {4}tl vm delete web; then the same again$/m)
})

test('of a version it is said what it is made of, of one thing', async (t) => {
  await signedIn(t)
  const create = [...VERSION, 'create', 'ours', 'web', '1.0.0']
  for (const args of [[], ['--vm', 'a', '--disk', 'b']]) {
    const { code, err } = await tl(...create, ...args)
    assert.equal(code, 2)
    assert.match(err, /One of --image IMAGE, --vm NAME, --disk DISK and --file FILE/)
  }
  const marketplace = await tl(...create, '--image', 'debian-12')
  assert.match(marketplace.err, /debian-12 is no image of yours: tl image list/)
})
