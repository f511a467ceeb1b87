import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parseBridge } from '../../src/domain/network/host-bridge.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const ALLOWED = 'br0:20=192.168.7.1/24,192.168.7.64-192.168.7.67'

async function aPlace(t: TestContext, script = {}) {
  const service = await aService(t, new ScriptedHost(script), { bridges: [ALLOWED] })
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const at = (type: string, name: string) =>
    `${service.group('rg')}/providers/Microsoft.Network/${type}/${name}`
  const network = (
    name: string,
    bridge: string | null,
    prefix = '192.168.7.0/24',
    subnet = prefix,
  ) =>
    service.ask('PUT', at('virtualNetworks', name), {
      location: 'local',
      properties: {
        addressSpace: { addressPrefixes: [prefix] },
        subnets: [{ name: 'one', properties: { addressPrefix: subnet } }],
        ...(bridge !== null && { trustedLaunch: { bridge } }),
      },
    })
  const nic = (name: string, more: object = {}, of: object = {}) =>
    service.ask('PUT', at('networkInterfaces', name), {
      location: 'local',
      properties: {
        ipConfigurations: [
          {
            name: 'ip',
            properties: { subnet: { id: `${at('virtualNetworks', 'lan')}/subnets/one` }, ...more },
          },
        ],
        ...of,
      },
    })
  return { service, at, network, nic }
}

const addressOf = ({ body }: any) => body.properties.ipConfigurations[0].properties.privateIPAddress

test('a network is on a bridge that the operator allows, alone, with its prefix, and stays on it', async (t) => {
  const { service, at, network } = await aPlace(t)
  const refused = async (answer: any, pattern: RegExp) => {
    assert.equal(answer.status, 409, JSON.stringify(answer.body))
    assert.match(answer.body.error.message, pattern)
  }
  await refused(await network('lan', 'br0'), /No network is on the bridge 'br0'.*--bridge/)
  await refused(
    await network('lan', 'br0:20', '192.168.0.0/16'),
    /has the prefix 192\.168\.7\.0\/24/,
  )
  await refused(
    await network('lan', 'br0:20', '192.168.7.0/24', '192.168.7.0/25'),
    /has the prefix 192\.168\.7\.0\/24/,
  )
  const made = await network('lan', 'br0:20')
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.deepEqual(made.body.properties.trustedLaunch, {
    ...{ bridge: 'br0:20', link: 'br0', vlan: 20, prefix: '192.168.7.0/24' },
    ...{ router: '192.168.7.1', address: '192.168.7.64', lastAddress: '192.168.7.67' },
  })
  await refused(await network('other', 'br0:20'), /is that of .*\/lan/)
  // Sent back as it came, or without a word of it, it stays; elsewhere it does not go.
  const again = await service.ask('PUT', at('virtualNetworks', 'lan'), made.body)
  assert.deepEqual([again.status, again.body.properties.trustedLaunch.vlan], [200, 20])
  const untold = await network('lan', null)
  assert.equal(untold.body.properties.trustedLaunch.bridge, 'br0:20')
  assert.equal((await network('lan', 'br1')).body.error.code, 'PropertyChangeNotAllowed')
  await network('plain', null, '10.0.0.0/16')
  assert.equal((await network('plain', 'br0:20')).body.error.code, 'PropertyChangeNotAllowed')
  const subnet = `${at('virtualNetworks', 'lan')}/subnets/two`
  await refused(
    await service.ask('PUT', subnet, { properties: { addressPrefix: '10.0.0.0/24' } }),
    /and no other one/,
  )
})

test('its VMs have the addresses that the operator named, fixed where asked for, with the hardware address asked for; the host is told the bridge', async (t) => {
  const { service, at, network, nic } = await aPlace(t)
  await network('lan', 'br0:20')
  const fixed = { privateIPAllocationMethod: 'Static', privateIPAddress: '192.168.7.67' }
  const made = await nic('a', fixed, { trustedLaunch: { macAddress: '52-54-00-AA-BB-CC' } })
  assert.equal(addressOf(made), '192.168.7.67', JSON.stringify(made.body))
  for (const privateIPAddress of ['192.168.7.64', '192.168.7.1', '192.168.7.68']) {
    const { body } = await nic('b', { ...fixed, privateIPAddress })
    assert.equal(body.error.code, 'PrivateIPAddressInReservedRange', privateIPAddress)
  }
  assert.deepEqual(
    [addressOf(await nic('b')), addressOf(await nic('c'))],
    ['192.168.7.65', '192.168.7.66'],
  )
  assert.equal((await nic('d')).body.error.code, 'SubnetIsFull')
  const id = `${service.group('rg')}/providers/Microsoft.Network/networkInterfaces/a`
  const { end } = await aVm(service, 'web', {
    networkProfile: { networkInterfaces: [{ id, properties: { primary: true } }] },
  })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const plan = [...service.host.networkPlans.values()].find(({ bridge }) => bridge !== null)!
  assert.deepEqual(plan.bridge, { name: 'br0', vlan: 20, router: '192.168.7.1' })
  assert.deepEqual(plan.subnets, [{ prefix: '192.168.7.0/24', gateway: '192.168.7.64' }])
  const [one] = plan.interfaces
  assert.deepEqual([one!.mac, one!.address], ['52:54:00:aa:bb:cc', '192.168.7.67'])
  const address = at('publicIPAddresses', 'out')
  await service.ask('PUT', address, { location: 'local', properties: {} })
  const outside = await nic('c', { publicIPAddress: { id: address } })
  assert.match(outside.body.error.message, /is reached under its own address/)
})

test('where the host makes no networks none is on a bridge', async (t) => {
  const { network } = await aPlace(t, { capacity: { noNetworks: 'not root' } })
  assert.match(
    (await network('lan', 'br0:20')).body.error.message,
    /makes no networks \(not root\)/,
  )
})

test('a bridge is named with its router, prefix and addresses, or not at all', () => {
  assert.deepEqual(parseBridge('br0=10.1.2.254/23,10.1.2.1-10.1.2.9'), {
    ...{ bridge: 'br0', link: 'br0', vlan: null, router: '10.1.2.254', prefix: '10.1.2.0/23' },
    ...{ address: '10.1.2.1', lastAddress: '10.1.2.9' },
  })
  for (const wrong of [
    ...['br0', 'br0=192.168.7.1/24', 'br 0=192.168.7.1/24,192.168.7.2-192.168.7.9'],
    ...['br0:0=192.168.7.1/24,192.168.7.2-192.168.7.9'],
    ...['br0:4095=192.168.7.1/24,192.168.7.2-192.168.7.9'],
    ...['br0=192.168.7.1/30,192.168.7.2-192.168.7.3', 'br0=192.168.7.1/24,192.168.7.9-192.168.7.9'],
    ...['br0=192.168.7.5/24,192.168.7.2-192.168.7.9', 'br0=192.168.7.1/24,192.168.8.2-192.168.8.9'],
    ...['br0=192.168.7.1/24,192.168.7.2-192.168.7.255'],
    'much-too-long-for-it=192.168.7.1/24,192.168.7.2-192.168.7.9',
  ])
    assert.throws(() => parseBridge(wrong), /is no bridge/, wrong)
})
