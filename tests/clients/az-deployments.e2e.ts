import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Az, hasAz, signedIn } from './az.ts'

const skip = hasAz ? false : 'az is not here: npm run e2e:az brings it'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f test'
const SECRET = 'Hidden-Pass-1234'

const trusted = [
  '--security-type',
  'TrustedLaunch',
  '--enable-secure-boot',
  'true',
  '--enable-vtpm',
  'true',
]
const login = (az: Az) => [
  ...['--image', 'trusted-launch:small:gen2:latest', '--size', 'Standard_B1s'],
  ...['--admin-username', 'azureuser', '--ssh-key-values', az.file('key', KEY).slice(1)],
]

test('az vm create makes a Trusted Launch VM with network, address, security group and attestation, and several at once', {
  skip,
}, async (t) => {
  const az = await signedIn(t)
  const made = await az.run('vm', 'create', '-g', 'rg', '-n', 'web', ...login(az), ...trusted)
  assert.deepEqual([made.powerState, made.privateIpAddress], ['VM running', '10.0.0.4'])
  const vm = await az.run('vm', 'show', '-g', 'rg', '-n', 'web')
  assert.equal(vm.securityProfile.securityType, 'TrustedLaunch')
  assert.deepEqual(vm.securityProfile.uefiSettings, { secureBootEnabled: true, vTpmEnabled: true })
  const of = ['-g', 'rg', '--vm-name', 'web', '-n', 'GuestAttestation']
  const { provisioningState } = await az.run('vm', 'extension', 'show', ...of)
  assert.equal(provisioningState, 'Succeeded')
  const names = (await az.run('resource', 'list', '-g', 'rg')).map(({ name }: any) => name).sort()
  assert.deepEqual(names.filter((name: string) => name.startsWith('web')).length, names.length)
  for (const name of ['webVNET', 'webNSG', 'webPublicIP', 'webVMNic', 'web'])
    assert.ok(names.includes(name), name)
  const two = await az.run(
    'vm',
    'create',
    '-g',
    'rg',
    '-n',
    'many',
    '--count',
    '2',
    '--disable-integrity-monitoring',
    ...login(az),
    ...trusted,
  )
  assert.deepEqual(
    two.map(({ powerState }: any) => powerState),
    ['VM running', 'VM running'],
  )
})

test('az deployment group looks through, foresees and makes a template, and tells of its parts', {
  skip,
}, async (t) => {
  const az = await signedIn(t)
  const template = join(import.meta.dirname, 'trusted-launch-vm.json')
  const parameters = az.file(
    'parameters',
    JSON.stringify({
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
      contentVersion: '1.0.0.0',
      parameters: { adminUsername: { value: 'azureuser' }, passwordOrKey: { value: SECRET } },
    }),
  )
  const what = ['-g', 'rg', '-n', 'first', '-f', template, '-p', parameters]
  const deployment = (verb: string, ...given: string[]) =>
    az.run('deployment', 'group', verb, ...given)
  const valid = await deployment('validate', ...what)
  assert.equal(valid.properties.validatedResources.length, 6)
  const would = await deployment('what-if', ...what, '--no-pretty-print')
  assert.equal(would.changes.length, 6)
  assert.ok(!JSON.stringify(would).includes(SECRET))
  const made = await deployment('create', ...what)
  assert.equal(made.properties.provisioningState, 'Succeeded')
  assert.match(made.properties.outputs.ssh.value, /^ssh azureuser@tvm-/)
  assert.ok(!JSON.stringify(made).includes(SECRET))
  const parts = await az.run('deployment', 'operation', 'group', 'list', '-g', 'rg', '-n', 'first')
  assert.equal(parts.length, 6)
  assert.equal((await deployment('list', '-g', 'rg'))[0].name, 'first')
  await assert.rejects(
    deployment('create', ...what, '-p', 'authentication=none'),
    /"InvalidTemplate"/,
  )
  await deployment('delete', '-g', 'rg', '-n', 'first')
  assert.deepEqual(await deployment('list', '-g', 'rg'), [])
})
