import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const [small] = globSync(join(import.meta.dirname, '../../../.cache/images/small-*/disk.raw'))
const skip = small === undefined && 'no image built yet: npm run setup builds it'

test('a dry run reports row by row and sends nothing; an import reports first, and a VM is made by name', {
  skip,
}, async (t) => {
  const { host } = await signedIn(t)
  const { out } = await good('image', 'import', small!, '--name', 'mine', '--dry-run')
  assert.match(out, /^boot loader +works +EFI\/BOOT\/BOOTX64\.EFI is allowed by Microsoft/m)
  assert.match(out, /^TrustedLaunchSupported: its VMs have Secure Boot and a vTPM by default$/m)
  assert.equal(host.uploads.size + host.images.size, 0)
  const imported = await good('image', 'import', small!, '--name', 'mine')
  assert.match(imported.out, /^make a VM of it +tl vm create --name web --image mine$/m)
  assert.match(imported.err, /^sending: \d+ %$/m)
  assert.match(imported.err, /^sending: 100 %$/m)
  assert.equal(host.images.size, 1)
  const again = await tl('image', 'import', small!, '--name', 'mine')
  assert.equal(again.code, 1)
  assert.equal(
    again.err,
    'tl: there is an image mine already: tl image delete mine, or another --name\n',
  )
  assert.match((await good('image', 'list')).out, /^mine +imported$/m)
  const show = await json('image', 'show', 'mine')
  assert.equal(show.report.examination.securityType, 'TrustedLaunchSupported')
  assert.match((await good('image', 'show', 'mine')).out, /^SHA-256 +[0-9a-f]{64}$/m)
  await good('vm', 'create', '--name', 'web', '--image', 'mine')
  const [machine] = await host.machines()
  assert.match(host.plan(machine!)!.image, /^sha256:/)
  const used = await tl('image', 'delete', 'mine')
  assert.match(used.err, /is what VM .*\/web was made of/)
  await good('vm', 'delete', 'web')
  await good('image', 'delete', 'mine')
  assert.equal((await tl('image', 'delete', 'mine')).code, 1)
})

test('what is uploaded is the file, piece by piece, without its zeros', { skip }, async (t) => {
  const pieces: number[] = []
  const host = new ScriptedHost()
  const write = host.writeUpload.bind(host)
  const bytes = Buffer.alloc(readFileSync(small!).length)
  host.writeUpload = async (id, piece, offset, size) => {
    assert.equal(size, bytes.length)
    bytes.set(piece, offset)
    pieces.push(offset)
    return write(id, piece, offset, size)
  }
  await signedIn(t, host)
  const { image, sha256 } = await json('image', 'import', small!, '--name', 'mine')
  assert.ok(bytes.equals(readFileSync(small!)))
  assert.ok(pieces.length < bytes.length / (4 << 20), `${pieces.length} pieces`)
  assert.match(sha256, /^[0-9a-f]{64}$/)
  assert.equal(image.properties.provisioningState, 'Succeeded')
})

test('a name of Azure’s is bound, used by a script as it stands, and unbound', {
  skip,
}, async (t) => {
  await signedIn(t)
  await good('image', 'import', small!, '--name', 'mine')
  const urn = 'Debian:debian-12:12-gen2'
  assert.equal((await tl('vm', 'create', '--name', 'web', '--image', urn)).code, 1)
  await good('image', 'bind', urn, 'mine')
  assert.match((await good('image', 'list')).out, new RegExp(`^${urn} +→ mine$`, 'm'))
  const made = await good('vm', 'create', '--name', 'web', '--image', urn)
  assert.match(made.out, /^its console +tl vm console web$/m)
  const bound = await tl('image', 'delete', 'mine')
  assert.deepEqual([bound.code, bound.out], [1, ''])
  assert.match(
    bound.err,
    /^tl: mine is what Debian:\S+ means: tl image unbind Debian:\S+; then the same/,
  )
  await good('image', 'unbind', urn)
  const again = await tl('image', 'unbind', urn)
  assert.match(again.err, /is not bound/)
  assert.equal((await tl('image', 'bind', 'Debian', 'mine')).code, 2)
})

test('what is no disk, or not there, is refused before anything is sent', async (t) => {
  const { host } = await signedIn(t)
  const refused = async (file: string) => tl('image', 'import', file, '--name', 'x')
  const empty = await refused(fileOf('empty.raw', Buffer.alloc(1 << 20)))
  assert.equal(empty.code, 1)
  assert.match(empty.err, /no VM could start from it/)
  const vmdk = await refused(fileOf('a.vmdk', Buffer.from('KDMV'.padEnd(512))))
  assert.equal(vmdk.code, 5)
  assert.match(vmdk.err, /qemu-img convert -O qcow2/)
  assert.equal((await refused('/nowhere')).code, 1)
  assert.equal((await refused('http://example.org/disk')).code, 1)
  assert.equal(host.uploads.size, 0)
})

test('an image of generation 1 is imported as that: its VMs are Standard ones', async (t) => {
  const mbr = Buffer.alloc(1 << 20)
  mbr.set([0x55, 0xaa], 510)
  mbr[450] = 0x83
  const first = { hyperVGeneration: 'V1', startsBy: 'BIOS', securityType: null } as const
  await signedIn(t, new ScriptedHost({ examination: first }))
  const { out } = await good('image', 'import', fileOf('mbr.raw', mbr), '--name', 'old')
  assert.match(out, /generation 1, which starts by BIOS/)
  const vm = await json('vm', 'create', '--name', 'web', '--image', 'old')
  assert.equal(vm.properties.securityProfile.securityType, 'Standard')
  const refused = await tl('vm', 'create', '--name', 'x', '--image', 'old', '--secure-boot', 'on')
  assert.equal(refused.code, 1)
})
