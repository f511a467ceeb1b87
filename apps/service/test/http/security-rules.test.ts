import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { NetworkManagementClient } from '@azure/arm-network'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const FULL = {
  ...{ access: 'Deny', direction: 'Inbound', protocol: '*', priority: 100 },
  ...{ sourcePortRange: '*', destinationPortRange: '*' },
  ...{ sourceAddressPrefix: '*', destinationAddressPrefix: '*' },
}

test('the rules of a group are put, read, listed and deleted by themselves with Azure’s client, and hold before it is said to be done', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const group = `${at}/networkSecurityGroups/sg`
  const nic = `${at}/networkInterfaces/nic-web`
  await service.ask('PUT', group, { location: 'local', properties: {} })
  const { properties } = (await service.ask('GET', nic)).body
  const named = { ...properties, networkSecurityGroup: { id: group } }
  await service.over(await service.ask('PUT', nic, { location: 'local', properties: named }))
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, service.ca])
  t.after(() => setDefaultCACertificates(before))
  const credential = {
    getToken: async () => ({ token: await service.token(), expiresOnTimestamp: Date.now() + 6e5 }),
  }
  const { subscriptionId } = service.service.administrator
  const { endpoint } = service.service
  const { securityRules, networkSecurityGroups } = new NetworkManagementClient(
    credential,
    subscriptionId,
    { endpoint },
  )
  const first = () =>
    [...service.host.networkPlans.values()][0]!.interfaces[0]!.inbound[0]!.map(
      ({ allow, toPorts }) => [allow, toPorts],
    )[0]
  const web = { ...FULL, access: 'Allow', priority: 200, destinationPortRange: '443' }
  const made = await securityRules.createOrUpdate('rg', 'sg', 'web', web)
  assert.deepEqual([made.id, made.name], [`${group}/securityRules/web`, 'web'])
  assert.equal(made.provisioningState, 'Succeeded')
  assert.deepEqual(first(), [true, [[443, 443]]])
  await securityRules.createOrUpdate('rg', 'sg', 'none', FULL)
  assert.deepEqual(first(), [false, null])
  assert.equal((await securityRules.get('rg', 'sg', 'none')).access, 'Deny')
  const names = async () => {
    const all = []
    for await (const one of securityRules.list('rg', 'sg')) all.push(one.name)
    return all.sort()
  }
  assert.deepEqual(await names(), ['none', 'web'])
  const shown = await networkSecurityGroups.get('rg', 'sg')
  assert.deepEqual(shown.securityRules!.map(({ id }) => id).sort(), [
    `${group}/securityRules/none`,
    `${group}/securityRules/web`,
  ])
  await assert.rejects(
    securityRules.createOrUpdate('rg', 'sg', 'other', FULL),
    ({ code }: any) => code === 'SecurityRuleConflict',
  )
  await securityRules.delete('rg', 'sg', 'none')
  assert.deepEqual(first(), [true, [[443, 443]]])
  assert.deepEqual(await names(), ['web'])
  await assert.rejects(
    securityRules.get('rg', 'sg', 'none'),
    ({ statusCode }: any) => statusCode === 404,
  )
})

test('a rule has its group’s version: a change of another one is not made, and a lock of the group holds', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const group = `${service.group('rg')}/providers/Microsoft.Network/networkSecurityGroups/sg`
  const rule = `${group}/securityRules/r`
  const put = (more: object = {}, headers = {}) =>
    service.ask('PUT', rule, { properties: { ...FULL, ...more } }, headers)
  assert.equal((await put()).body.error.code, 'ResourceNotFound')
  await service.ask('PUT', group, { location: 'local', properties: {} })
  const made = await put({}, { 'if-none-match': '*' })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal((await put({}, { 'if-none-match': '*' })).status, 412)
  const under = { 'if-match': String(made.headers.etag) }
  assert.equal((await put({ priority: 200 }, under)).status, 200)
  assert.equal((await put({ priority: 300 }, under)).status, 412)
  assert.equal((await service.ask('DELETE', rule, undefined, under)).status, 412)
  const lock = `${group}/providers/Microsoft.Authorization/locks/l`
  await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
  assert.equal((await service.ask('DELETE', rule)).body.error.code, 'ScopeLocked')
  await service.ask('DELETE', lock)
  assert.equal((await service.ask('DELETE', rule)).status, 200)
  assert.equal((await service.ask('DELETE', rule)).status, 204)
})
