import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parsePublicPool } from '../../src/domain/network/public-pool.ts'
import { openStore } from '../../src/store/open.ts'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const ANY = { protocol: null, from: null, to: null, fromPorts: null, toPorts: null }

const rule = (name: string, properties: object) => ({
  name,
  properties: {
    ...{ access: 'Allow', direction: 'Inbound', protocol: 'Tcp', priority: 1000 },
    ...{ sourcePortRange: '*', destinationPortRange: '22' },
    ...{ sourceAddressPrefix: '*', destinationAddressPrefix: '*' },
    ...properties,
  },
})
const denied = (properties: object) => rule('no', { access: 'Deny', priority: 2000, ...properties })

/** What becomes of a group with these rules. */
async function putting(t: TestContext, noNetworks: string | null) {
  const service = await aService(t, new ScriptedHost({ capacity: { noNetworks } }))
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = `${service.group('rg')}/providers/Microsoft.Network/networkSecurityGroups/sg`
  return async (...securityRules: object[]) => {
    const { status, body } = await service.ask('PUT', id, {
      location: 'local',
      properties: { securityRules },
    })
    return status < 300 ? 'taken' : `${body.error.code} ${body.error.target}`
  }
}
const refused = 'SecurityRuleCannotBeEnforced securityRules.no'

test('where a host makes no networks, a group that forbids some of what a VM begins is refused by its rule', async (t) => {
  const put = await putting(t, 'not root')
  const out = (properties: object) => denied({ direction: 'Outbound', ...properties })
  const all = { protocol: '*', destinationPortRange: '*' }
  const taken: object[][] = [
    [],
    [rule('default-allow-ssh', {})],
    [denied({})],
    [rule('narrow', { sourceAddressPrefix: '10.1.0.0/16' }), denied({ protocol: '*' })],
    [rule('all', { direction: 'Outbound', ...all }), out({})],
    [out(all)],
  ]
  for (const rules of taken) assert.equal(await put(...rules), 'taken', JSON.stringify(rules))
  for (const rules of [
    [out({ destinationPortRange: '25' })],
    [rule('web', { direction: 'Outbound', destinationPortRange: '443' }), out(all)],
  ])
    assert.equal(await put(...rules), refused, JSON.stringify(rules))
})

test('where a host makes networks every rule is taken but one that names what nothing here holds to', async (t) => {
  const put = await putting(t, null)
  const taken: object[] = [
    denied({}),
    denied({ direction: 'Outbound', destinationPortRange: '25' }),
    denied({ sourceAddressPrefix: 'Internet' }),
    denied({ sourceAddressPrefix: 'AzureLoadBalancer', protocol: 'Icmp' }),
    denied({ sourceAddressPrefix: undefined, sourceAddressPrefixes: ['10.0.0.0/8', '192.0.2.1'] }),
    denied({ destinationPortRange: undefined, destinationPortRanges: ['80', '8000-9000'] }),
  ]
  for (const one of taken) assert.equal(await put(one), 'taken', JSON.stringify(one))
  for (const properties of [
    { sourceAddressPrefix: 'Storage.WestEurope' },
    { destinationAddressPrefix: '10.0.0.1/8' },
    { destinationPortRange: '70000' },
    { destinationPortRange: '20-10' },
    { sourceApplicationSecurityGroups: [{ id: '/asg' }] },
  ])
    assert.equal(await put(denied(properties)), refused, JSON.stringify(properties))
})

/** Asks for an interface in a subnet of eight addresses, three of which may be had. */
async function asking(t: TestContext) {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const subnets = [{ name: 'one', properties: { addressPrefix: '10.0.0.8/29' } }]
  const addressSpace = { addressPrefixes: ['10.0.0.0/16'] }
  const network = { location: 'local', properties: { addressSpace, subnets } }
  await service.ask('PUT', `${at}/virtualNetworks/net`, network)
  const subnet = { id: `${at}/virtualNetworks/net/subnets/one` }
  const put = async (name: string, address?: string) => {
    const fixed = { privateIPAllocationMethod: 'Static', privateIPAddress: address }
    const properties = { subnet, ...(address !== undefined && fixed) }
    const { body } = await service.ask('PUT', `${at}/networkInterfaces/${name}`, {
      location: 'local',
      properties: { ipConfigurations: [{ name: 'ip', properties }] },
    })
    return body.error?.code ?? body.properties.ipConfigurations[0].properties.privateIPAddress
  }
  return { service, at, put, network }
}

test('an interface keeps an address of its subnet, another one gets another, and a full subnet gives none', async (t) => {
  const { service, at, put } = await asking(t)
  assert.equal(await put('a'), '10.0.0.12')
  assert.equal(await put('b'), '10.0.0.13')
  assert.equal(await put('a'), '10.0.0.12')
  assert.equal(await put('c'), '10.0.0.14')
  assert.equal(await put('d'), 'SubnetIsFull')
  await service.ask('DELETE', `${at}/networkInterfaces/b`)
  assert.equal(await put('d'), '10.0.0.13')
})

test('an address that is asked for is given, or refused in Azure’s words', async (t) => {
  const { put } = await asking(t)
  assert.equal(await put('a', '10.0.0.13'), '10.0.0.13')
  assert.equal(await put('b', '10.0.0.13'), 'PrivateIPAddressInUse')
  assert.equal(await put('b', '10.0.0.9'), 'PrivateIPAddressInReservedRange')
  assert.equal(await put('b', '10.0.0.15'), 'PrivateIPAddressInReservedRange')
  assert.equal(await put('b', '10.0.0.16'), 'PrivateIPAddressNotInSubnet')
  assert.equal(await put('a', '10.0.0.12'), '10.0.0.12')
  assert.equal(await put('b', '10.0.0.13'), '10.0.0.13')
})

test('a hardware address that is asked for is the interface’s alone, and its VM’s; who asks for none has one by its name', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const put = async (id: string, macAddress?: string) => {
    const { properties } = (await service.ask('GET', nic)).body
    const { trustedLaunch: _, ...rest } = properties
    const asked = macAddress === undefined ? rest : { ...rest, trustedLaunch: { macAddress } }
    const { body } = await service.ask('PUT', id, { location: 'local', properties: asked })
    return body.error?.code ?? body.properties.macAddress
  }
  assert.match(await put(nic), /^52-54-00-/)
  assert.equal(await put(nic, '02:00:5e:00:53:01'), '02-00-5E-00-53-01')
  assert.equal(await put(nic), '02-00-5E-00-53-01')
  const other = nic.replace(/nic$/, 'other')
  assert.equal(await put(other, '02-00-5E-00-53-01'), 'OperationNotAllowed')
  assert.equal(await put(other, '01-00-5E-00-53-01'), 'InvalidParameter')
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  await service.over(await service.ask('PUT', vm, vmBody(nic)))
  const [plan] = service.host.networkPlans.values()
  assert.equal(plan!.interfaces[0]!.mac, '02:00:5e:00:53:01')
  assert.equal(await put(nic, '02-00-5E-00-53-02'), 'PropertyChangeNotAllowed')
})

test('interfaces whose own hardware addresses would meet have another each, and keep it', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const { location, properties } = (await service.ask('GET', nic)).body
  const put = async (id: string) =>
    (await service.ask('PUT', id, { location, properties })).body.properties.macAddress
  const seen = new Map<string, string>()
  let pair: string[] = []
  for (let i = 0; pair.length === 0; i++) {
    const id = `${nic}${i}`
    const own = createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 6)
    const other = seen.get(own)
    if (other !== undefined) pair = [other, id]
    seen.set(own, id)
  }
  const addresses = [await put(pair[0]!), await put(pair[1]!)]
  assert.notEqual(addresses[0], addresses[1])
  for (const one of addresses) assert.match(one, /^52-54-00-/)
  assert.deepEqual([await put(pair[0]!), await put(pair[1]!)], addresses)
})

test('subnets do not overlap, and one keeps its addresses while anybody has one', async (t) => {
  const { service, at, put, network } = await asking(t)
  const change = async (...prefixes: string[]) => {
    const subnets = prefixes.map((addressPrefix, i) => ({
      name: ['one', 'two'][i],
      properties: { addressPrefix },
    }))
    const properties = { ...network.properties, subnets }
    const { body } = await service.ask('PUT', `${at}/virtualNetworks/net`, {
      ...network,
      properties,
    })
    return body.error?.code ?? 'taken'
  }
  assert.equal(await change('10.0.0.0/24', '10.0.0.128/25'), 'NetcfgSubnetRangesOverlap')
  assert.equal(await change('10.0.0.0/24', '10.0.1.0/24'), 'taken')
  assert.equal(await put('a'), '10.0.0.4')
  assert.equal(await change('10.0.2.0/24', '10.0.1.0/24'), 'InUseSubnetCannotBeDeleted')
})

test("a VM has its part in its host's network while it is there, and a group's change holds before it is said to be done", async (t) => {
  const service = await aService(t)
  const { host } = service
  const { id } = await aVm(service)
  const [plan] = host.networkPlans.values()
  assert.deepEqual(plan!.subnets, [{ prefix: '10.0.0.0/24', gateway: '10.0.0.1' }])
  const [one] = plan!.interfaces
  assert.deepEqual([one!.address, one!.name, one!.inbound], ['10.0.0.4', 'web', []])
  assert.deepEqual(one!.forwards, [{ hostPort: 22, guestPort: 22 }])

  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const group = { id: `${at}/networkSecurityGroups/sg` }
  const put = (securityRules: object[]) =>
    service.ask('PUT', group.id, { location: 'local', properties: { securityRules } })
  await put([])
  const nic = `${at}/networkInterfaces/nic-web`
  const { body } = await service.ask('GET', nic)
  const properties = { ...body.properties, networkSecurityGroup: group }
  await service.over(await service.ask('PUT', nic, { location: 'local', properties }))
  const inbound = () => [...host.networkPlans.values()][0]!.interfaces[0]!.inbound
  assert.equal(inbound().length, 1)
  await service.over(await put([denied({})]))
  assert.deepEqual(inbound()[0]![0], {
    ...{ allow: false, protocol: 'tcp', from: null, to: null },
    ...{ fromPorts: null, toPorts: [[22, 22]] },
  })
  assert.equal((await service.ask('GET', group.id)).body.properties.provisioningState, 'Succeeded')
  await service.over(await service.ask('DELETE', id))
  assert.equal(host.networkPlans.size, 0)
})

test('where a host makes no networks a VM that runs keeps its groups, and one that is not let in has no port', async (t) => {
  const machines = new Map()
  const script = { capacity: { noNetworks: 'not root' } }
  const service = await aService(t, new ScriptedHost(script, machines))
  const { id } = await aVm(service)
  assert.equal(service.host.networkPlans.size, 0)
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const group = { id: `${at}/networkSecurityGroups/sg` }
  const securityRules = [denied({})]
  await service.ask('PUT', group.id, { location: 'local', properties: { securityRules } })
  const nic = `${at}/networkInterfaces/nic-web`
  const { body } = await service.ask('GET', nic)
  const properties = { ...body.properties, networkSecurityGroup: group }
  const put = () => service.ask('PUT', nic, { location: 'local', properties })
  const { error } = (await put()).body
  assert.equal(error.code, 'OperationNotAllowed')
  assert.doesNotMatch(error.message, /'web'/, 'who asks may not see it')
  await service.over(await service.ask('POST', `${id}/deallocate`))
  assert.equal((await put()).status, 200)
  await service.over(await service.ask('POST', `${id}/start`))
  const [{ plan }] = machines.values()
  const { part } = plan.network
  assert.deepEqual([part.letsSshIn, part.letsOut], [false, true])
})

test('a security group that is not there is no security: neither interface nor subnet may name it, and one that is gone lets in nobody from outside', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const networkSecurityGroup = { id: `${at}/networkSecurityGroups/web_sg` }
  const nic = `${at}/networkInterfaces/nic-web`
  const net = `${at}/virtualNetworks/net`
  const naming = async () => {
    const { properties } = (await service.ask('GET', nic)).body
    const network = (await service.ask('GET', net)).body
    const subnets = [{ name: 'two', properties: { addressPrefix: '10.0.2.0/24' } }].map((one) => ({
      ...one,
      properties: { ...one.properties, networkSecurityGroup },
    }))
    const bodies: [string, object][] = [
      [nic, { ...properties, networkSecurityGroup }],
      [`${net}/subnets/two`, subnets[0]!.properties],
      [net, { ...network.properties, subnets: [...network.properties.subnets, ...subnets] }],
    ]
    const answers = []
    for (const [id, properties] of bodies) {
      const place = id.includes('/subnets/') ? {} : { location: 'local' }
      answers.push(await service.ask('PUT', id, { ...place, properties }))
    }
    return answers.map(({ status, body }) => (status < 300 ? 'taken' : body.error.code))
  }
  assert.deepEqual(await naming(), Array(3).fill('InvalidResourceReference'))
  await service.ask('PUT', networkSecurityGroup.id, { location: 'local', properties: {} })
  assert.deepEqual(await naming(), Array(3).fill('taken'))
  const store = await openStore({ path: join(service.data, 'service.db') })
  t.after(() => store.close())
  await store.transaction(({ resources }) => resources.delete(networkSecurityGroup.id))
  const one = `${net}/subnets/one`
  const { properties } = (await service.ask('GET', one)).body
  const delegations = [{ name: 'none' }]
  await service.over(await service.ask('PUT', one, { properties: { ...properties, delegations } }))
  const [plan] = service.host.networkPlans.values()
  assert.deepEqual(plan!.interfaces[0]!.inbound[0]!.at(-1), { allow: false, ...ANY })
})

test('a public address is one of the pool, its interface’s alone, and reaches its VM; a dynamic one tells it then', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const put = async (name: string, properties: object, more: object = {}) =>
    (
      await service.ask('PUT', `${at}/publicIPAddresses/${name}`, {
        ...{ location: 'local', properties, ...more },
      })
    ).body
  const fixed = await put('a', { publicIPAllocationMethod: 'Static' })
  assert.equal(fixed.properties.ipAddress, '198.51.100.0')
  assert.equal((await put('b', {})).properties.ipAddress, undefined)
  const nic = `${at}/networkInterfaces/nic-web`
  const bind = async (id: string, name: string | null) => {
    const { body } = await service.ask('GET', id)
    const [one] = body.properties.ipConfigurations
    const publicIPAddress = name === null ? undefined : { id: `${at}/publicIPAddresses/${name}` }
    const ipConfigurations = [{ ...one, properties: { ...one.properties, publicIPAddress } }]
    const properties = { ...body.properties, ipConfigurations }
    const answer = await service.ask('PUT', id, { location: 'local', properties })
    if (answer.headers['azure-asyncoperation'] !== undefined) await service.over(answer)
    return answer.body.error
  }
  const reached = () => [...service.host.networkPlans.values()][0]!.interfaces[0]!
  assert.equal(await bind(nic, 'b'), undefined)
  const { body: bound } = await service.ask('GET', `${at}/publicIPAddresses/b`)
  assert.equal(bound.properties.ipAddress, '198.51.100.1')
  assert.equal(bound.properties.ipConfiguration.id, `${nic}/ipConfigurations/ip`)
  assert.equal(reached().publicAddress, '198.51.100.1')
  assert.deepEqual(reached().inbound, [])
  const other = await aNetwork(service, 'rg', 'other')
  const inUse = await bind(other, 'b')
  assert.equal(inUse.code, 'PublicIPAddressInUse')
  const standard = { sku: { name: 'Standard' } }
  await put('c', { publicIPAllocationMethod: 'Static' }, standard)
  await bind(nic, 'c')
  assert.equal(reached().publicAddress, '198.51.100.2')
  assert.deepEqual(reached().inbound[0]!.at(-1), { allow: false, ...ANY })
  await bind(nic, null)
  assert.equal(reached().publicAddress, null)
})

test('a pool that is all given gives none, what is deleted is free again, and without a pool there is none', async (t) => {
  const service = await aService(t, new ScriptedHost(), { publicPool: ['203.0.113.4/31'] })
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const at = `${service.group('rg')}/providers/Microsoft.Network/publicIPAddresses`
  const put = async (name: string, on = service, properties: object = {}) => {
    const of = { publicIPAllocationMethod: 'Static', ...properties }
    const { body } = await on.ask('PUT', `${at}/${name}`, { location: 'local', properties: of })
    return body.error?.code ?? body.properties.ipAddress
  }
  assert.deepEqual([await put('a'), await put('b')], ['203.0.113.4', '203.0.113.5'])
  assert.equal(await put('a'), '203.0.113.4')
  assert.equal(await put('c'), 'PublicIPAddressPoolExhausted')
  await service.ask('DELETE', `${at}/a`)
  assert.equal(await put('c'), '203.0.113.4')
  assert.equal(await put('d', service, { publicIPAddressVersion: 'IPv6' }), 'InvalidParameter')
  for (const { publicPool, noNetworks } of [
    { publicPool: [], noNetworks: null },
    { publicPool: ['203.0.113.4/31'], noNetworks: 'not root' },
  ]) {
    const host = new ScriptedHost({ capacity: { noNetworks } })
    const without = await aService(t, host, { publicPool })
    await without.ask('PUT', without.group('rg'), { location: 'local' })
    const id = `${without.group('rg')}/providers/Microsoft.Network/publicIPAddresses/ip`
    const { status, body } = await without.ask('PUT', id, { location: 'local' })
    assert.deepEqual([status, body.error.code], [409, 'PublicIPAddressPoolMissing'])
    assert.match(body.error.message, noNetworks === null ? /tl up --no-public-pool/ : /not root/)
  }
})

test('where no pool is named, public addresses are those that only their host knows', async (t) => {
  const service = await aService(t, new ScriptedHost(), { publicPool: undefined })
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = `${service.group('rg')}/providers/Microsoft.Network/publicIPAddresses/ip`
  const body = { location: 'local', properties: { publicIPAllocationMethod: 'Static' } }
  const { properties } = (await service.ask('PUT', id, body)).body
  assert.match(properties.ipAddress, /^198\.18\.0\.\d+$/)
})

test('an address is its resource’s after the service started again, whatever its pool is by then', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tl-pool-'))
  t.after(() => rmSync(data, { recursive: true }))
  const first = await aService(t, new ScriptedHost(), { data, publicPool: ['203.0.113.4/31'] })
  await first.ask('PUT', first.group('rg'), { location: 'local' })
  const at = `${first.group('rg')}/providers/Microsoft.Network/publicIPAddresses`
  const body = { location: 'local', properties: { publicIPAllocationMethod: 'Static' } }
  await first.ask('PUT', `${at}/a`, body)
  await first.service.close()
  const next = await aService(t, new ScriptedHost(), { data, publicPool: ['203.0.113.4/30'] })
  const ofNext = async (name: string) => (await next.ask('PUT', `${at}/${name}`, body)).body
  assert.equal((await ofNext('a')).properties.ipAddress, '203.0.113.4')
  assert.equal((await ofNext('b')).properties.ipAddress, '203.0.113.5')
})

test('a pool is a stretch of addresses that can be routed to a host', () => {
  assert.deepEqual(parsePublicPool('198.51.100.0/28').length, 28)
  for (const text of [
    '198.51.100.1/28',
    '10.0.0.0/8',
    '127.0.0.0/16',
    '100.64.0.0/16',
    'x',
    '::/64',
  ])
    assert.throws(() => parsePublicPool(text), TypeError, text)
})

test('a public address with a label has a name that nobody resolves, and loses it with the label', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = `${service.group('rg')}/providers/Microsoft.Network/publicIPAddresses/ip`
  const put = (dnsSettings?: object) =>
    service.ask('PUT', id, {
      location: 'local',
      properties: { publicIPAllocationMethod: 'Dynamic', dnsSettings },
    })
  assert.equal(
    (await put({ domainNameLabel: 'web-1' })).body.properties.dnsSettings.fqdn,
    'web-1.local.invalid',
  )
  assert.equal((await put()).body.properties.dnsSettings, undefined)
  assert.equal(
    (await put({ domainNameLabel: 'a b' })).body.error.target,
    'dnsSettings.domainNameLabel',
  )
})
