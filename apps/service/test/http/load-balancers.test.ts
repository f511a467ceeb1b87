import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'
import { changed, instancesOf, scaleSetBody } from './a-scale-set.ts'

/** A service with a network, and a public address `ip`. */
async function aPlace(t: TestContext) {
  const service = await aService(t)
  await aNetwork(service, 'rg')
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const ip = `${at}/publicIPAddresses/ip`
  await service.ask('PUT', ip, {
    ...{ location: 'local', sku: { name: 'Standard' } },
    properties: { publicIPAllocationMethod: 'Static' },
  })
  return { service, at, ip, lb: `${at}/loadBalancers/lb` }
}

const frontendOf = (lb: string) => ({ id: `${lb}/frontendIPConfigurations/front` })
const poolOf = (lb: string) => ({ id: `${lb}/backendAddressPools/pool` })

/** As `az vmss create` makes one: a rule, and a stretch of ports for SSH. */
function balancerBody(lb: string, ip: string, properties: object = {}): any {
  const frontendIPConfiguration = frontendOf(lb)
  return {
    ...{ location: 'local', sku: { name: 'Standard' } },
    properties: {
      frontendIPConfigurations: [{ name: 'front', properties: { publicIPAddress: { id: ip } } }],
      backendAddressPools: [{ name: 'pool' }],
      probes: [{ name: 'up', properties: { protocol: 'Tcp', port: 80, intervalInSeconds: 5 } }],
      loadBalancingRules: [
        {
          name: 'web',
          properties: {
            ...{ frontendIPConfiguration, backendAddressPool: poolOf(lb), protocol: 'tcp' },
            ...{ frontendPort: 8080, backendPort: 80, probe: { id: `${lb}/probes/up` } },
          },
        },
      ],
      inboundNatPools: [
        {
          name: 'ssh',
          properties: {
            ...{ frontendIPConfiguration, protocol: 'tcp', backendPort: 22 },
            ...{ frontendPortRangeStart: '50000', frontendPortRangeEnd: '50002' },
          },
        },
      ],
      ...properties,
    },
  }
}

const planOf = ({ host }: TestService) => [...host.networkPlans.values()][0]!

/** A set of so many whose interfaces join the balancer. */
async function aSet(service: TestService, at: string, lb: string, capacity: number) {
  const subnet = `${at}/virtualNetworks/net/subnets/one`
  const body = scaleSetBody(subnet, capacity)
  const [nic] = body.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations
  Object.assign(nic.properties.ipConfigurations[0].properties, {
    loadBalancerBackendAddressPools: [poolOf(lb)],
    loadBalancerInboundNatPools: [{ id: `${lb}/inboundNatPools/ssh` }],
  })
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachineScaleSets/web`
  const end = await changed(service, 'PUT', id, body)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  return { id, body }
}

test('a load balancer spreads over the instances of a set, asks them how they are, and gives each its own port', async (t) => {
  const { service, at, ip, lb } = await aPlace(t)
  const put = await service.ask('PUT', lb, balancerBody(lb, ip))
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const { id, body } = await aSet(service, at, lb, 2)
  const { balancing, exits, interfaces } = planOf(service)
  const [one, two] = interfaces.map(({ address }) => address)
  const front = { address: '198.51.100.0', isPublic: true, protocol: 'tcp' }
  const alone = { isSticky: false, probe: null, backendPort: 22 }
  const probe = { protocol: 'tcp', port: 80, path: '/', intervalSeconds: 5, threshold: 1 }
  assert.deepEqual(balancing, [
    { ...front, port: 8080, backendPort: 80, isSticky: false, members: [one, two], probe },
    { ...front, port: 50_000, members: [one], ...alone },
    { ...front, port: 50_001, members: [two], ...alone },
  ])
  assert.deepEqual(exits, [{ address: '198.51.100.0', members: [one, two] }])
  assert.equal(interfaces[0]!.inbound.length, 1, 'of the Standard SKU: closed without a group')
  const shown = (await service.ask('GET', lb)).body.properties.inboundNatRules
  assert.deepEqual(
    shown.map(({ name, properties }: any) => [name, properties.frontendPort]),
    [
      ['ssh.0', 50_000],
      ['ssh.1', 50_001],
    ],
  )
  const { body: address } = await service.ask('GET', ip)
  assert.equal(address.properties.ipConfiguration.id, frontendOf(lb).id)

  const [first] = await instancesOf(service, id)
  await service.over(await service.ask('DELETE', `${id}/virtualMachines/${first.instanceId}`))
  await changed(service, 'PUT', id, { ...body, sku: { ...body.sku, capacity: 2 } })
  assert.deepEqual(
    planOf(service).balancing.map(({ port }) => port),
    [8080, 50_001, 50_000],
    'who stays keeps his port, who comes has the one that is free',
  )
  const again = await service.ask('GET', lb)
  const { body: same } = await service.ask('PUT', lb, again.body)
  assert.equal(same.properties.inboundNatRules.length, 2)
  assert.equal((await service.ask('DELETE', lb)).body.error.code, 'LoadBalancerInUse')
  assert.equal((await service.ask('DELETE', ip)).body.error.code, 'PublicIPAddressCannotBeDeleted')
})

test('a change of a balancer, and a rule that comes or goes, holds before it is said to be done', async (t) => {
  const { service, at, ip, lb } = await aPlace(t)
  await service.ask('PUT', lb, balancerBody(lb, ip))
  await aSet(service, at, lb, 1)
  const ports = () => planOf(service).balancing.map(({ port }) => port)
  const body = balancerBody(lb, ip)
  body.properties.loadBalancingRules[0].properties.frontendPort = 9090
  body.properties.loadBalancingRules[0].properties.loadDistribution = 'SourceIP'
  await service.over(await service.ask('PUT', lb, body))
  assert.deepEqual(ports(), [9090, 50_000])
  assert.equal(planOf(service).balancing[0]!.isSticky, true)
  const rule = `${lb}/inboundNatRules/admin`
  const properties = {
    ...{ frontendIPConfiguration: frontendOf(lb), backendAddressPool: poolOf(lb), protocol: 'Tcp' },
    ...{ backendPort: 2222, frontendPortRangeStart: 51_000, frontendPortRangeEnd: 51_009 },
  }
  const made = await service.ask('PUT', rule, { properties })
  assert.equal((await service.over(made)).status, 'Succeeded', JSON.stringify(made.body))
  assert.deepEqual(ports(), [9090, 50_000, 51_000])
  await service.over(await service.ask('DELETE', rule))
  assert.deepEqual(ports(), [9090, 50_000])
  assert.equal((await service.ask('GET', rule)).status, 404)
})

test('a rule of one port leads to the interface that names it, and a frontend of a subnet has an address there', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const at = `${service.group('rg')}/providers/Microsoft.Network`
  const lb = `${at}/loadBalancers/lb`
  const subnet = { id: `${at}/virtualNetworks/net/subnets/one` }
  const natRule = {
    name: 'ssh',
    properties: {
      ...{ frontendIPConfiguration: frontendOf(lb), protocol: 'Tcp' },
      ...{ frontendPort: 2222, backendPort: 22 },
    },
  }
  const { body } = await service.ask('PUT', lb, {
    location: 'local',
    properties: {
      frontendIPConfigurations: [{ name: 'front', properties: { subnet } }],
      inboundNatRules: [natRule],
    },
  })
  const [frontend] = body.properties.frontendIPConfigurations
  assert.equal(frontend.properties.privateIPAddress, '10.0.0.5')
  const join = async (name: string) => {
    const nic = `${at}/networkInterfaces/${name}`
    const { properties } = (await service.ask('GET', nic)).body
    const [one] = properties.ipConfigurations
    const joined = { loadBalancerInboundNatRules: [{ id: `${lb}/inboundNatRules/ssh` }] }
    const ipConfigurations = [{ ...one, properties: { ...one.properties, ...joined } }]
    const put = { location: 'local', properties: { ...properties, ipConfigurations } }
    const answer = await service.ask('PUT', nic, put)
    if (answer.headers['azure-asyncoperation'] !== undefined) await service.over(answer)
    return answer.body.error?.target ?? null
  }
  assert.equal(await join('nic-web'), null)
  const inside = { address: '10.0.0.5', isPublic: false, protocol: 'tcp', port: 2222 }
  const to = { backendPort: 22, members: ['10.0.0.4'], isSticky: false, probe: null }
  assert.deepEqual(planOf(service).balancing, [{ ...inside, ...to }])
  await aNetwork(service, 'rg', 'other')
  assert.equal(await join('other'), 'loadBalancerInboundNatRules')
  const { body: refused } = await service.ask('DELETE', subnet.id)
  assert.equal(refused.error.code, 'InUseSubnetCannotBeDeleted')
})

test('what of a balancer nothing here does is refused by its name, and so is what refers to nothing', async (t) => {
  const { service, ip, lb } = await aPlace(t)
  const put = async (change: (properties: any) => void) => {
    const body = balancerBody(lb, ip)
    change(body.properties)
    const { error } = (await service.ask('PUT', lb, body)).body
    return [error?.code, error?.target].filter(Boolean).join(' ')
  }
  const rule = (properties: object) =>
    put((all) => Object.assign(all.loadBalancingRules[0].properties, properties))
  const refused = 'OperationNotAllowed'
  const cases: [Promise<string> | string, string][] = [
    [await rule({ protocol: 'All' }), `${refused} loadBalancingRules.web.protocol`],
    [await rule({ enableFloatingIP: true }), `${refused} loadBalancingRules.web.enableFloatingIP`],
    [await rule({ frontendPort: 0 }), 'InvalidParameter loadBalancingRules.web.frontendPort'],
    [await rule({ frontendPort: 50_001 }), 'InvalidParameter inboundNatPools.ssh.frontendPort'],
    [
      await rule({ backendAddressPool: { id: `${lb}/backendAddressPools/x` } }),
      'InvalidResourceReference',
    ],
    [
      await put((all) => {
        all.outboundRules = [{ name: 'out', properties: { protocol: 'All' } }]
      }),
      `${refused} outboundRules`,
    ],
    [
      await put((all) => {
        all.backendAddressPools[0].properties = {
          loadBalancerBackendAddresses: [{ name: 'a', properties: { ipAddress: '10.0.0.9' } }],
        }
      }),
      `${refused} backendAddressPools.pool.loadBalancerBackendAddresses`,
    ],
    [
      await put((all) => {
        all.probes[0].properties.protocol = 'Http'
      }),
      'InvalidParameter probes.up.requestPath',
    ],
    [
      await put((all) => {
        all.frontendIPConfigurations[0].properties = {}
      }),
      'InvalidParameter frontendIPConfigurations.front',
    ],
  ]
  for (const [found, wanted] of cases) assert.equal(found, wanted)
  assert.equal((await service.ask('GET', lb)).status, 404)
})

test('members of a balancer are of one network, and where a host makes none there is no balancer', async (t) => {
  const { service, at, ip, lb } = await aPlace(t)
  await service.ask('PUT', lb, balancerBody(lb, ip))
  const addressSpace = { addressPrefixes: ['10.9.0.0/16'] }
  const subnets = [{ name: 'one', properties: { addressPrefix: '10.9.0.0/24' } }]
  await service.ask('PUT', `${at}/virtualNetworks/far`, {
    ...{ location: 'local', properties: { addressSpace, subnets } },
  })
  const nic = async (name: string, network: string, pool = poolOf(lb)) => {
    const subnet = { id: `${at}/virtualNetworks/${network}/subnets/one` }
    const properties = { subnet, loadBalancerBackendAddressPools: [pool] }
    const { body } = await service.ask('PUT', `${at}/networkInterfaces/${name}`, {
      ...{ location: 'local', properties: { ipConfigurations: [{ name: 'ip', properties }] } },
    })
    return body.error?.code ?? 'taken'
  }
  assert.equal(await nic('a', 'net'), 'taken')
  assert.equal(await nic('b', 'far'), 'OperationNotAllowed')
  assert.equal(
    await nic('c', 'net', { id: `${lb}/backendAddressPools/x` }),
    'InvalidResourceReference',
  )

  const without = await aService(t, new ScriptedHost({ capacity: { noNetworks: 'not root' } }))
  await without.ask('PUT', without.group('rg'), { location: 'local' })
  const there = `${without.group('rg')}/providers/Microsoft.Network/loadBalancers/lb`
  const { body } = await without.ask('PUT', there, { location: 'local' })
  assert.match(body.error.message, /not root.*--load-balancer ""/)
})
