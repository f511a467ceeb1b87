import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('without a host name a VM is called as its resource, and is told nothing twice', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/named`
  const { computerName: _, ...osProfile } = good
  const body = vmBody(nic, { osProfile: { ...osProfile, adminPassword: 'abcD3f!' } })
  const put = await service.ask('PUT', id, body)
  assert.equal((await service.over(put)).status, 'Succeeded')
  assert.equal(put.body.properties.osProfile.computerName, 'named')
  const again = await service.ask('PUT', id, body)
  assert.equal(again.status, 200, JSON.stringify(again.body))
  const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
  const notice = statuses.find(({ code }: any) => code === 'OsProfile/GivenAtCreation')
  assert.match(notice.message, /adminPassword/)
})
