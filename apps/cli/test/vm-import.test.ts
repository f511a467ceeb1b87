import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const [small] = globSync(join(import.meta.dirname, '../../../.cache/images/small-*/disk.raw'))
const enrolled = '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'
const blank = '/usr/share/OVMF/OVMF_VARS_4M.fd'
const hasSetup = spawnSync('swtpm_setup', ['--version']).error === undefined
const skip =
  small === undefined || !existsSync(enrolled)
    ? 'no image built yet, or no ovmf: npm run setup'
    : false

function domainOf(disk: string, variables: string): string {
  return fileOf(
    'web.xml',
    `<domain><name>web</name><memory unit='MiB'>3000</memory><vcpu>2</vcpu>
<os><nvram>${variables}</nvram></os><devices><disk device='disk'><source file='${disk}'/></disk>
<tpm model='tpm-crb'/></devices></domain>`,
  )
}

test('a VM of libvirt comes with disk and variables, after a report; its vTPM is a new one', {
  skip,
}, async (t) => {
  const { host } = await signedIn(t)
  const nvram = fileOf('VARS.qcow2', '')
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', enrolled, nvram])
  const from = ['--from', 'libvirt', '--config', domainOf(small!, nvram)]
  const dry = await good('vm', 'import', ...from, '--dry-run')
  assert.match(dry.out, /^boot loader +works /m)
  assert.match(dry.out, /^variables +kept +\d+ variables, Secure Boot on, no machine/m)
  assert.match(dry.out, /^vTPM +new +.*BitLocker recovery key/m)
  assert.equal(host.filled.size, 0)
  await good('vm', 'import', ...from)
  const vm = await json('vm', 'show', 'web')
  const { properties } = vm
  assert.equal(properties.storageProfile.osDisk.createOption, 'Attach')
  assert.equal(properties.osProfile, undefined)
  assert.deepEqual(properties.securityProfile.uefiSettings, {
    secureBootEnabled: true,
    vTpmEnabled: true,
  })
  const [machine] = await host.machines()
  const plan = host.plan(machine!)!
  assert.ok(plan.vcpus >= 2 && plan.memoryMiB >= 3000, `${plan.vcpus} ${plan.memoryMiB}`)
  const [filling] = host.filled.values()
  assert.equal(filling!.variables?.kind, 'upload')
  assert.equal(host.uploads.size, 0)
  const writeUpload = t.mock.method(host, 'writeUpload')
  const again = await tl('vm', 'import', ...from)
  assert.match(again.err, /^tl: there is a VM web already: another --name, or tl vm delete web$/m)
  assert.equal(writeUpload.mock.callCount(), 0)
})

test('by plain files: without variables the keys are new, and Secure Boot off in them stays off', {
  skip,
}, async (t) => {
  await signedIn(t)
  const plain = await json('vm', 'import', '--name', 'one', '--disk', small!)
  assert.equal(plain.vm.properties.securityProfile.securityType, 'TrustedLaunch')
  assert.equal(plain.comes.rows[1].comes, 'new')
  const off = await json('vm', 'import', '--name', 'two', '--disk', small!, '--nvram', blank)
  assert.equal(off.vm.properties.securityProfile.uefiSettings.secureBootEnabled, false)
  const on = await tl(
    'vm',
    'import',
    '--name',
    'x',
    '--disk',
    small!,
    '--nvram',
    blank,
    '--secure-boot',
    'on',
  )
  assert.equal(on.code, 2)
  assert.match(on.err, /hold no keys/)
})

test('a swtpm’s state is told of, and not taken', {
  skip: skip || (!hasSetup && 'swtpm-tools is not installed'),
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-swtpm-'))
  mkdirSync(join(folder, 'tpm2'))
  execFileSync(
    'swtpm_setup',
    ['--tpm2', '--tpmstate', join(folder, 'tpm2'), '--pcr-banks', 'sha256'],
    { stdio: 'ignore' },
  )
  const { out } = await good(
    'vm',
    'import',
    '--name',
    'web',
    '--disk',
    small!,
    '--tpm-state',
    folder,
    '--dry-run',
  )
  assert.match(out, /^vTPM +new +.*sealed/m)
  const { out: none } = await good(
    'vm',
    'import',
    '--name',
    'web',
    '--disk',
    small!,
    '--tpm-state',
    dirname(fileOf('x', '')),
    '--dry-run',
  )
  assert.match(none, /it had none that is known/)
})

test('what is missing, or no such file, is told before anything is sent', { skip }, async (t) => {
  const { host } = await signedIn(t)
  const failed = async (code: number, pattern: RegExp, ...args: string[]) => {
    const ran = await tl('vm', 'import', ...args)
    assert.equal(ran.code, code, ran.err)
    assert.match(ran.err, pattern)
  }
  await failed(2, /which name/, '--disk', small!)
  await failed(2, /which disk/, '--name', 'web')
  await failed(2, /belong together/, '--name', 'web', '--from', 'libvirt')
  await failed(1, /not on this machine/, '--name', 'web', '--disk', '/nowhere')
  await failed(
    1,
    /no variable store of OVMF/,
    '--name',
    'web',
    '--disk',
    small!,
    '--nvram',
    fileOf('x', 'text'),
  )
  await failed(5, /no <domain>/, '--from', 'libvirt', '--config', fileOf('a.xml', '<a/>'))
  assert.equal(host.uploads.size + host.filled.size, 0)
})
