import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireGivenBefore } from '../../src/domain/vm/os-profile.ts'
import { givenBy, windowsSeedOf } from '../../src/domain/vm/seed.ts'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, KEY, vmBody } from '../a-vm.ts'

const good = vmBody('').properties.osProfile
const ssh = (key: object) => ({
  linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys: [key] } },
})

for (const [what, profile, target] of [
  ['a reserved administrator', { ...good, adminUsername: 'root' }, 'adminUsername'],
  ['no administrator', { ...good, adminUsername: undefined }, 'adminUsername'],
  ['a host name with a blank', { ...good, computerName: 'a b' }, 'computerName'],
  ['a password of one kind', { ...good, adminPassword: 'aaaaaaaa' }, 'adminPassword'],
  ['custom data in clear', { ...good, customData: '#!/bin/sh' }, 'customData'],
  [
    'a key for another',
    { ...good, ...ssh({ path: '/root/.ssh/authorized_keys', keyData: KEY }) },
    'linuxConfiguration.ssh.publicKeys.path',
  ],
  [
    'a key that is none',
    { ...good, ...ssh({ path: '/home/azureuser/.ssh/authorized_keys', keyData: 'ssh-rsa AAAA' }) },
    'linuxConfiguration.ssh.publicKeys.keyData',
  ],
  ['Windows’ configuration', { ...good, windowsConfiguration: {} }, 'windowsConfiguration'],
  [
    'a password that nobody may use',
    {
      computerName: 'web',
      adminUsername: 'ann',
      adminPassword: 'abcD3f!',
      linuxConfiguration: { disablePasswordAuthentication: true },
    },
    'linuxConfiguration',
  ],
] as const)
  test(`a VM with ${what} is refused, with the place`, async (t) => {
    const service = await aService(t)
    const { put } = await aVm(service, 'web', { osProfile: profile })
    const { code, target: said } = put.body.error
    assert.deepEqual([put.status, code, said], [400, 'InvalidParameter', target])
  })

test('without a host name a VM is called as its resource', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/named`
  const { computerName: _, ...osProfile } = good
  const body = vmBody(nic, { osProfile: { ...osProfile, adminPassword: 'abcD3f!' } })
  const put = await service.ask('PUT', id, body)
  assert.equal((await service.over(put)).status, 'Succeeded')
  assert.equal(put.body.properties.osProfile.computerName, 'named')
})

test('a VM is given its password and its custom data once: the same again is fine, as is none, and another is refused', async (t) => {
  const service = await aService(t)
  const customData = Buffer.from('#cloud-config\n').toString('base64')
  const given = { ...good, adminPassword: 'abcD3f!', customData }
  const { id, put } = await aVm(service, 'web', { osProfile: given })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const { body: before } = await service.ask('GET', id)
  const nic = before.properties.networkProfile.networkInterfaces[0].id
  const ask = async (verb: 'PUT' | 'PATCH', osProfile: object) => {
    const properties = { osProfile }
    const body = verb === 'PUT' ? vmBody(nic, properties) : { properties }
    const { status, body: answer } = await service.ask(verb, id, body)
    return status === 200 ? 200 : [status, answer.error.code, answer.error.message]
  }
  const refused = (name: string) => [
    ...[409, 'PropertyChangeNotAllowed'],
    `Changing property '${name}' is not allowed.`,
  ]
  const broken = `${customData.slice(0, 4)}\n${customData.slice(4)}`
  for (const verb of ['PUT', 'PATCH'] as const) {
    assert.equal(await ask(verb, given), 200)
    assert.equal(await ask(verb, good), 200)
    assert.equal(await ask(verb, { ...given, customData: broken }), 200)
    assert.equal(await ask(verb, { adminPassword: '', customData: null }), 200)
    const password = { ...given, adminPassword: 'abcD3f?' }
    assert.deepEqual(await ask(verb, password), refused('adminPassword'))
    assert.deepEqual(await ask(verb, { ...given, adminPassword: 'a1B'.repeat(90) }), [
      ...refused('adminPassword'),
    ])
    const data = { ...given, customData: Buffer.from('other').toString('base64') }
    assert.deepEqual(await ask(verb, data), refused('customData'))
  }
  const { body: after } = await service.ask('GET', id)
  assert.deepEqual(after.properties, before.properties)
  const bare = await aVm(service, 'bare', { osProfile: good })
  for (const [name, value] of [
    ['adminPassword', 'abcD3f!'],
    ['customData', customData],
  ] as const) {
    const body = { properties: { osProfile: { [name]: value } } }
    const { body: answer } = await service.ask('PATCH', bare.id, body)
    assert.equal(answer.error?.message, `Changing property '${name}' is not allowed.`)
  }
})

test('what a Windows VM was given is known of its seed', () => {
  const osProfile = { adminUsername: 'me', adminPassword: 'abcD3f!gh', customData: 'QUJD' }
  const given = { password: osProfile.adminPassword, customData: osProfile.customData }
  assert.deepEqual(givenBy(windowsSeedOf('id', { osProfile })), given)
  assert.doesNotThrow(() => requireGivenBefore({ osProfile }, null, given))
  const other = { osProfile: { ...osProfile, adminPassword: 'abcD3f!gH' } }
  assert.throws(() => requireGivenBefore(other, null, given), /Changing property 'adminPassword'/)
})
