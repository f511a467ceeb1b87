import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../../src/store/open.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const SPACE = ['10.0.0.0/16', '10.8.0.0/16']

test('a subnet has one prefix that is read, as long as its host makes it, in its network’s address space, or is refused in Azure’s words', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const net = `${service.group('rg')}/providers/Microsoft.Network/virtualNetworks/net`
  const put = async (id: string, properties: object) =>
    (
      await service.ask('PUT', id, {
        ...(!id.includes('/subnets/') && { location: 'local' }),
        properties,
      })
    ).body
  const addressSpace = { addressPrefixes: SPACE }
  await put(net, { addressSpace })
  const refusals: [properties: object, code: string, message: RegExp][] = [
    [
      { addressPrefix: '10.0.0.1/24' },
      'InvalidCIDRNotation',
      /^The address prefix 10\.0\.0\.1\/24 in resource \/subscriptions\/.*\/virtualNetworks\/net\/subnets\/two has an invalid CIDR notation\. For the given prefix length, the address prefix should be 10\.0\.0\.0\/24\.$/,
    ],
    [
      { addressPrefix: '10.0.0.0' },
      'InvalidAddressPrefixFormat',
      /^Address prefix 10\.0\.0\.0 of resource \/subscriptions\/.*\/subnets\/two is not formatted correctly\. It should follow CIDR notation, for example 10\.0\.0\.0\/24\.$/,
    ],
    [{ addressPrefixes: ['rubbish'] }, 'InvalidAddressPrefixFormat', /rubbish/],
    [{ addressPrefix: '10.0.0.0/33' }, 'InvalidAddressPrefixFormat', /33/],
    [{ addressPrefix: 'fd00::/64' }, 'InvalidAddressPrefixFormat', /is of IPv6/],
    [
      { addressPrefix: '192.168.0.0/24' },
      'NetcfgInvalidSubnet',
      /^Subnet 'two' is not valid in virtual network 'net'\. Its prefix is of the/,
    ],
    [{ addressPrefix: '10.0.0.0/30' }, 'NetcfgInvalidSubnet', /8 to 29 bits/],
    [{ addressPrefixes: ['10.0.0.0/24', '10.0.1.0/24'] }, 'NetcfgInvalidSubnet', /one prefix/],
    [{}, 'InvalidParameter', /addressPrefix/],
  ]
  for (const [properties, code, message] of refusals) {
    const alone = (await put(`${net}/subnets/two`, properties)).error
    const within = (await put(net, { addressSpace, subnets: [{ name: 'two', properties }] })).error
    for (const error of [alone, within]) {
      assert.equal(error?.code, code, JSON.stringify(properties))
      assert.match(error.message, message)
    }
  }
  for (const [addressPrefixes, code] of [
    [['10.0.0.0/16', 'fd00::/48'], 'InvalidAddressPrefixFormat'],
    [['10.0.0.1/16'], 'InvalidCIDRNotation'],
  ] as const)
    assert.equal((await put(net, { addressSpace: { addressPrefixes } })).error?.code, code)
  const many = Array.from({ length: 65 }, (_, i) => ({
    ...{ name: `s${i}`, properties: { addressPrefix: `10.0.${i}.0/24` } },
  }))
  assert.equal((await put(net, { addressSpace, subnets: many })).error?.code, 'OperationNotAllowed')
  assert.equal((await put(`${net}/subnets/two`, { addressPrefix: '10.8.0.0/24' })).error, undefined)
  // A network that names no subnets keeps them, and the space that they are in.
  const less = { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } }
  assert.equal((await put(net, less)).error?.code, 'NetcfgInvalidSubnet')
  const kept = await put(net, { addressSpace })
  assert.deepEqual(
    kept.properties.subnets.map(({ name }: any) => name),
    ['two'],
  )
  const nic = `${service.group('rg')}/providers/Microsoft.Network/networkInterfaces/nic`
  const nowhere = await put(nic, { ipConfigurations: [{ name: 'ip', properties: {} }] })
  assert.equal(nowhere.error?.code, 'InvalidParameter')
})

test('a VM in a subnet whose prefix is not read does not start where a group is named: nothing would enforce it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const [nic, subnet] = [`${at}/networkInterfaces/nic-web`, `${at}/virtualNetworks/net/subnets/one`]
  const group = `${at}/networkSecurityGroups/sg`
  await service.ask('PUT', group, { location: 'local', properties: {} })
  const { properties } = (await service.ask('GET', nic)).body
  const named = { ...properties, networkSecurityGroup: { id: group } }
  assert.equal(
    (await service.ask('PUT', nic, { location: 'local', properties: named })).status,
    200,
  )
  const store = await openStore({ path: join(service.data, 'service.db') })
  t.after(() => store.close())
  const unread = { properties: { addressPrefix: '10.0.0.1/24' } }
  await store.transaction(({ resources }) => resources.update(subnet, unread, Date.now()))
  const end = await service.over(await service.ask('POST', `${id}/start`))
  assert.deepEqual([end.status, end.error?.code], ['Failed', 'SecurityRuleCannotBeEnforced'])
  const again = await service.ask('PUT', nic, { location: 'local', properties: named })
  assert.equal(again.body.error?.code, 'NetcfgInvalidSubnet')
})
