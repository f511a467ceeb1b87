import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import test from 'node:test'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { Connection } from '../src/service/connection.ts'
import { currentProfile } from '../src/service/profile.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { newAuthority, pemOf } from './a-record.ts'
import { fileOf, tl } from './a-run.ts'

const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me'
const create = ['vm', 'create', '--name', 'web', '--image', 'small']

test('a name and an image are all that a VM wants: group, network, interface and key are made', async (t) => {
  const { host, config } = await signedIn(t)
  const { out, err } = await good(...create)
  assert.match(out, /^security type +TrustedLaunch$/m)
  assert.match(out, /^Secure Boot +on$/m)
  assert.match(out, /^its console +tl vm console web$/m)
  assert.doesNotMatch(out, /tl vm ssh/)
  const key = join(config, 'trusted-launch/ssh/id_ed25519')
  assert.match(err, new RegExp(`^a new SSH key was made: ${key}$`, 'm'))
  assert.match(err, /^making web …$/m)
  const [machine] = await host.machines()
  const plan = host.plan(machine!)!
  assert.deepEqual([plan.vcpus, plan.memoryMiB, plan.secureBoot, plan.vTpm], [1, 1024, true, true])
  assert.ok(plan.seed!.userData.includes(readFileSync(`${key}.pub`, 'utf8').trim()))
  const second = await good('vm', 'create', '--name', 'two', '--image', 'small')
  assert.doesNotMatch(second.err, /new SSH key/)
  assert.deepEqual((await json('vm', 'list')).map(({ name }: any) => name).sort(), ['two', 'web'])
  assert.match(
    (await good('vm', 'list')).out,
    /^two +default +running +not attested +Standard_B1s +TrustedLaunch +on +on$/m,
  )
})

test('disks, tags, a subnet, a password and the extension are as they were asked for', async (t) => {
  await signedIn(t)
  const more = [
    ...['--os-disk-size', '8', '--data-disk', '4', '--data-disk', '16', '--tag', 'env=test'],
    ...['--subnet', '/subscriptions/s/x', '--security-group', '/subscriptions/s/y'],
    ...['--guest-attestation', '--password'],
  ]
  const requests = JSON.parse((await good(...create, ...more, '--dry-run')).out)
  const names = requests.map(({ path }: any) => path.split('/').at(-1))
  assert.deepEqual(names, ['default', 'web-nic', 'web', 'GuestAttestation'])
  const [, { body: nic }, { body: vm }] = requests
  assert.equal(nic.properties.ipConfigurations[0].properties.subnet.id, '/subscriptions/s/x')
  assert.equal(nic.properties.networkSecurityGroup.id, '/subscriptions/s/y')
  assert.deepEqual(vm.tags, { env: 'test' })
  assert.equal(vm.properties.osProfile.adminPassword, '<password>')
  const { osDisk, dataDisks } = vm.properties.storageProfile
  assert.equal(osDisk.diskSizeGB, 8)
  assert.deepEqual(
    dataDisks.map(({ lun, diskSizeGB }: any) => [lun, diskSizeGB]),
    [
      [0, 4],
      [1, 16],
    ],
  )
  for (const bad of [
    ['--os-disk-size', '0'],
    ['--data-disk', 'x'],
    ['--tag', 'x'],
  ])
    assert.match((await tl(...create, ...bad)).err, /a whole number of GiB|such as env=test/)
})

test('what was asked for is what is requested, and a dry run asks for nothing', async (t) => {
  const { host } = await signedIn(t)
  const [user, data] = [fileOf('key.pub', `${PUBLIC_KEY}\n`), fileOf('data', '#!/bin/sh\n')]
  const asked = [
    ...['--size', 'Standard_D2s_v5', '--group', 'mine', '--user', 'me', '--ssh-key', user],
    ...['--security-type', 'TrustedLaunch', '--secure-boot', 'off', '--vtpm', 'on'],
    ...['--custom-data', data],
  ]
  const dry = await good(...create, ...asked, '--dry-run')
  assert.match(dry.err, /^nothing was asked for: whether the name is free, .* was not checked$/m)
  const requests = JSON.parse(dry.out)
  assert.deepEqual(
    requests.map(({ method, path }: any) => [method, path.split('/').at(-1)]),
    [
      ['PUT', 'mine'],
      ['PUT', 'default'],
      ['PUT', 'web-nic'],
      ['PUT', 'web'],
    ],
  )
  const { properties } = requests.at(-1).body
  assert.deepEqual(properties.securityProfile, {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: false, vTpmEnabled: true },
  })
  assert.equal(properties.osProfile.customData, Buffer.from('#!/bin/sh\n').toString('base64'))
  assert.equal(properties.osProfile.linuxConfiguration.ssh.publicKeys[0].keyData, PUBLIC_KEY)
  assert.equal(properties.hardwareProfile.vmSize, 'Standard_D2s_v5')
  assert.deepEqual(await host.machines(), [])
  assert.deepEqual(await json('vm', 'list'), [])
  const made = await json(...create, ...asked)
  assert.equal(made.properties.securityProfile.uefiSettings.secureBootEnabled, false)
  assert.equal(
    (await json('vm', 'show', 'web', '--group', 'mine')).properties.vmId,
    made.properties.vmId,
  )
})

test('machine owner’s keys go where Azure’s clients have certificates, from PEM with several as from DER', async (t) => {
  await signedIn(t)
  const ders = ['one', 'two'].map((name) => newAuthority(name).certificate.der)
  const pem = fileOf('both.pem', ders.map((der) => pemOf('CERTIFICATE', der)).join(''))
  const keys = ['--mok', fileOf('one.der', ders[0]!), '--mok', pem]
  const requests = JSON.parse((await good(...create, ...keys, '--dry-run')).out)
  const [{ vaultCertificates }] = requests.at(-1).body.properties.osProfile.secrets
  const urls = [ders[0]!, ...ders].map(
    (der) => `data:application/pkix-cert;base64,${Buffer.from(der).toString('base64')}`,
  )
  assert.deepEqual(
    vaultCertificates,
    urls.map((certificateUrl) => ({ certificateUrl, certificateStore: 'MokList' })),
  )
  assert.equal((await json(...create, ...keys)).properties.osProfile.secrets.length, 1)
})

test('a script runs in a VM that was made for it, and its outcome is the command’s', async (t) => {
  await signedIn(t)
  await good(...create, '--allow-commands')
  const script = fileOf('fix.sh', 'echo hello\n')
  const { out } = await good('vm', 'run-command', 'web', '--script', script, '--parameter', 'A=b=c')
  assert.match(out, /^Enable succeeded: \n\[stdout\]\necho hello\n/)
  const [status] = (await json('vm', 'run-command', 'web', '--script', script)).value
  assert.equal(status.level, 'Info')
})

test('a VM is stopped, started, restarted, deallocated and deleted, and what was made for it goes too', async (t) => {
  const { host } = await signedIn(t)
  await good(...create)
  const power = async () => /^power +(.*)$/m.exec((await good('vm', 'show', 'web')).out)![1]
  assert.equal(await power(), 'running')
  for (const [verb, state, doing] of [
    ['stop', 'stopped', 'stopping'],
    ['start', 'running', 'starting'],
    ['restart', 'running', 'restarting'],
    ['deallocate', 'deallocated', 'deallocating'],
  ]) {
    const { out } = await good('vm', verb!, 'web')
    assert.equal(out.split('\n')[0], `${doing} web: done`)
    assert.equal(out.includes('nobody vouches for its boot'), state === 'running', verb)
    assert.equal(await power(), state)
  }
  assert.equal((await json('vm', 'delete', 'web')).status, 'Succeeded')
  assert.deepEqual(await host.machines(), [])
  const { code, err } = await tl('vm', 'delete', 'web')
  assert.equal(code, 1)
  assert.match(
    err,
    /'Microsoft.Compute\/virtualMachines\/web' .*was not found.*\(ResourceNotFound\)\n +tl vm list /,
  )
  // its interface is free for another
  await good(...create)
})

test('security is set: Secure Boot off is what the host is told, and a wish for nothing is wrong usage', async (t) => {
  const { host } = await signedIn(t)
  await good(...create)
  const off = await good('vm', 'security', 'set', 'web', '--secure-boot', 'off')
  assert.match(off.out, /^web runs, and nobody vouches for its boot: no agent answered in it; /m)
  const [machine] = await host.machines()
  assert.equal(host.plan(machine!)!.secureBoot, false)
  assert.match((await good('vm', 'show', 'web')).out, /^Secure Boot +off$/m)
  const running = await tl('vm', 'security', 'set', 'web', '--security-type', 'Standard')
  assert.equal(running.code, 1)
  assert.match(running.err, /\(OperationNotAllowed\)/)
  assert.equal((await tl('vm', 'security', 'set', 'web')).code, 2)
})

test('what a VM lacks to be attested is told with the command that gives it', async (t) => {
  await signedIn(t)
  const made = await good(...create, '--vtpm', 'off')
  assert.match(made.out, /: it has no vTPM; tl vm security set web --vtpm on gives it one$/m)
  const bare = await tl('vm', 'attest', 'web')
  assert.match(bare.err, /has no vTPM.*\n +tl vm security set web --vtpm on gives it one$/m)
  await good('vm', 'security', 'set', 'web', '--vtpm', 'on')
  await good('vm', 'stop', 'web')
  assert.match((await tl('vm', 'attest', 'web')).err, /\n +tl vm start web boots it$/m)
  assert.match((await good('vm', 'list')).out, /^web +default +stopped +- /m)
})

test('before the first VM a name that is not there leads to making one, and no page of another service', async (t) => {
  await signedIn(t)
  const { code, err } = await tl('vm', 'show', 'web')
  assert.equal(code, 1)
  assert.match(
    err,
    /\n +nothing was made there yet: tl vm create --name web --image small makes a VM/,
  )
  await good(...create)
  const missing = await tl('vm', 'show', 'wob')
  assert.match(missing.err, /was not found\. \(ResourceNotFound\)\n +is it web\? tl vm list/)
  assert.doesNotMatch(missing.err, /https:/)
  assert.match(
    (await tl('recommendation', 'list', 'wob')).err,
    /'Microsoft.Compute\/virtualMachines\/wob' .*was not found/,
  )
  assert.match(
    (await tl('evidence', 'export', 'web', 'nope')).err,
    /^tl: web has no evidence nope; tl evidence list web$/m,
  )
})

test('what is refused is told with its code and what to type, and leaves nothing behind', async (t) => {
  await signedIn(t)
  const refused = async (...args: string[]) => {
    const { code, out, err } = await tl('vm', 'create', '--name', 'bad', ...args)
    assert.deepEqual([code, out], [1, ''])
    return err
  }
  const size = ['--size', 'Standard_A1_v2', '--security-type', 'TrustedLaunch']
  assert.match(await refused('--image', 'small', ...size), /is not supported for creation of VMs/)
  assert.match(
    await refused('--image', 'nonsense'),
    /\(PlatformImageNotFound\)\n +tl image list shows the images/,
  )
  assert.match(await refused('--image', 'a:b'), /a:b is no image: debian-12, or PUBLISHER/)
  assert.deepEqual(await json('vm', 'list'), [])
  assert.equal(
    (await tl(...create, '--ssh-key', fileOf('id', '-----BEGIN OPENSSH PRIVATE KEY-----'))).code,
    2,
  )
  const connection = new Connection(currentProfile().profile)
  const { value } = (await connection.client.get(`${connection.group()}/resources`)) as any
  connection.close()
  assert.deepEqual(
    value.map(({ name }: any) => name),
    ['default'],
    'the network alone',
  )
})

test('a failed creation ends in 1 with its own reason; --no-wait says how to wait', async (t) => {
  let isBroken = true
  const host = new ScriptedHost({
    before: (deed) => {
      if (deed === 'create' && isBroken) throw new Error('the disk is full')
    },
  })
  await signedIn(t, host)
  const { code, err } = await tl(...create)
  assert.equal(code, 1)
  assert.match(err, /^tl: .*\(\w+\)/m)
  isBroken = false
  const { out } = await good('vm', 'create', '--name', 'later', '--image', 'small', '--no-wait')
  assert.match(out, /^it goes on +tl operation wait [0-9a-f-]{36}$/m)
})

test('the console is printed without what would steer a terminal', async (t) => {
  await signedIn(t)
  await good(...create)
  assert.equal((await good('vm', 'console', 'web')).out, 'Linux version 0.0.0\n')
  const { uri, log } = await json('vm', 'console', 'web')
  assert.match(uri, /^https:.*\/serial\.log\?se=\d+&sig=/)
  assert.equal(log, 'Linux version 0.0.0\n')
  const { newIn, readable } = await import('../src/commands/vm-console.ts')
  assert.equal(readable('\x1b[=3h\x1b[2J\x1b[01;01Ha'), 'a')
  assert.equal(readable('a\x1b[31mred\x1b[0m\r\n\tb\x1b'), 'ared\n    b\\u001b')
  assert.deepEqual(
    [newIn('one\n', 'one\ntwo\n'), newIn('one\ntwo\n', 'two\nthree\n'), newIn('one', 'other')],
    ['two\n', 'two\nthree\n', 'other'],
  )
  assert.equal(newIn(`${'x'.repeat(600)}end`, `${'x'.repeat(520)}end and more`), ' and more')
})

test('a VM without a verdict says so; one that is not there is told as that', async (t) => {
  await signedIn(t)
  await good(...create)
  const { code, err } = await tl('vm', 'attest', 'web', '--last')
  assert.equal(code, 1)
  assert.match(err, /^tl: there is no verdict on web yet: .*tl vm show web$/m)
  assert.match((await tl('vm', 'attest', 'nobody')).err, /nobody' .*was not found/)
})

test('ssh is given the forwarded port, a host key of its own, and the key that tl made', async (t) => {
  const { config } = await signedIn(t)
  const made = await good('vm', 'create', '--name', 'web', '--image', 'debian-12')
  assert.match(made.out, /^reach it +tl vm ssh web$/m)
  const { out } = await good('vm', 'ssh', 'web', '--json', '--', 'uname', '-r')
  const args: string[] = JSON.parse(out)
  const { properties } = await json('vm', 'show', 'web')
  assert.deepEqual(args.slice(0, 3), ['ssh', '-p', '22'])
  assert.ok(args.includes('ConnectTimeout=20'))
  assert.ok(args.includes(`HostKeyAlias=vm-${properties.vmId}`))
  assert.ok(args.includes(join(config, 'trusted-launch/ssh/id_ed25519')))
  assert.deepEqual(args.slice(-4), ['--', 'azureuser@127.0.0.1', 'uname', '-r'])
  assert.ok(existsSync(join(config, 'trusted-launch')))
  await good('vm', 'stop', 'web')
  assert.match((await tl('vm', 'ssh', 'web')).err, /web is stopped: tl vm start web/)
})

test('a VM of an image without sshd is not waited for: ssh says where its console is', async (t) => {
  await signedIn(t)
  for (const image of ['small', 'uki']) {
    await good('vm', 'create', '--name', image, '--image', image)
    const { code, err } = await tl('vm', 'ssh', image)
    assert.equal(code, 1)
    assert.equal(err, `tl: ${image} takes no SSH, its image has none: tl vm console ${image}\n`)
  }
})

test('a name that is taken is told before anything is asked for, whatever the image', async (t) => {
  await signedIn(t)
  await good(...create)
  for (const image of ['small', 'debian-12']) {
    const { code, out, err } = await tl('vm', 'create', '--name', 'web', '--image', image)
    assert.deepEqual([code, out], [1, ''])
    assert.equal(err, 'tl: there is a VM web already: another --name, or tl vm delete web\n')
  }
  await good(...create, '--group', 'other')
  const { err } = await tl(...create, '--group', 'other')
  assert.match(err, /tl vm delete web --group other$/m)
})

test('where ssh does not get in and nobody behind the port speaks SSH, its console is named', async (t) => {
  let banner = ''
  const guest = createServer((socket) => socket.on('error', () => {}).end(banner))
  await new Promise<void>((resolve) => guest.listen(0, '127.0.0.1', resolve))
  t.after(() => guest.close())
  const { port } = guest.address() as AddressInfo
  await signedIn(t, new ScriptedHost({ sshPort: () => port }))
  await good('vm', 'create', '--name', 'web', '--image', 'debian-12', '--group', 'shop')
  const told = 'no SSH answers in it: tl vm console web --group shop\n'
  const mute = await tl('vm', 'ssh', 'web', '--group', 'shop')
  assert.deepEqual([mute.code, mute.err.endsWith(told)], [255, true], mute.err)
  banner = 'SSH-2.0-nobody\r\n'
  const speaking = await tl('vm', 'ssh', 'web', '--group', 'shop')
  assert.deepEqual([speaking.code, speaking.err.includes('no SSH answers')], [255, false])
})

test('a VM that runs is not started: that it runs is said, and how it stands', async (t) => {
  await signedIn(t)
  await good(...create)
  const { out } = await good('vm', 'start', 'web')
  assert.match(out, /^web runs already\nweb runs, and nobody vouches for its boot: /)
  assert.deepEqual(await json('vm', 'start', 'web'), { operation: null, status: 'Succeeded' })
  await good('vm', 'deallocate', 'web')
  assert.match((await good('vm', 'start', 'web')).out, /^starting web: done$/m)
})
