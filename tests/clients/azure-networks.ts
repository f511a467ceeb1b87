/** Azure's own client of networks, unmodified: public addresses and load balancers. Given: the path of admin.json, and a group. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { NetworkManagementClient } from '@azure/arm-network'
import { ClientSecretCredential } from '@azure/identity'

const [, , adminFile, group] = process.argv as [string, string, string, string]
const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  JSON.parse(readFileSync(adminFile, 'utf8'))
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const client = new NetworkManagementClient(credential, subscriptionId, { endpoint })
const { loadBalancers, publicIPAddresses, inboundNatRules } = client
const at = `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Network`
const lb = `${at}/loadBalancers/lb`

const net = await client.virtualNetworks.createOrUpdate(group, 'net', {
  location,
  addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
  subnets: [{ name: 'one', addressPrefix: '10.0.0.0/24' }],
})
const subnet = { id: net.subnets![0]!.id! }
const fixed = await publicIPAddresses.createOrUpdate(group, 'ip', {
  ...{ location, sku: { name: 'Standard' }, publicIPAllocationMethod: 'Static' },
})
assert.match(fixed.ipAddress!, /^198\.51\.100\./)
const front = { id: `${lb}/frontendIPConfigurations/front` }
const made = await loadBalancers.createOrUpdate(group, 'lb', {
  ...{ location, sku: { name: 'Standard' } },
  frontendIPConfigurations: [{ name: 'front', publicIPAddress: { id: fixed.id! } }],
  backendAddressPools: [{ name: 'pool' }],
  probes: [{ name: 'up', protocol: 'Http', port: 80, requestPath: '/well', intervalInSeconds: 5 }],
  loadBalancingRules: [
    {
      ...{ name: 'web', protocol: 'Tcp', frontendPort: 80, backendPort: 8080 },
      ...{
        frontendIPConfiguration: front,
        backendAddressPool: { id: `${lb}/backendAddressPools/pool` },
      },
      probe: { id: `${lb}/probes/up` },
    },
  ],
})
assert.equal(made.provisioningState, 'Succeeded')
const rule = await inboundNatRules.createOrUpdate(group, 'lb', 'ssh', {
  ...{ frontendIPConfiguration: front, protocol: 'Tcp', frontendPort: 2222, backendPort: 22 },
})
const nic = await client.networkInterfaces.createOrUpdate(group, 'nic', {
  location,
  ipConfigurations: [
    {
      ...{
        name: 'ip',
        subnet,
        loadBalancerBackendAddressPools: [{ id: `${lb}/backendAddressPools/pool` }],
      },
      loadBalancerInboundNatRules: [{ id: rule.id! }],
    },
  ],
})
assert.equal(nic.ipConfigurations![0]!.privateIPAddress, '10.0.0.4')
const shown = await loadBalancers.get(group, 'lb')
assert.deepEqual(
  shown.inboundNatRules?.map(({ name, frontendPort }) => [name, frontendPort]),
  [['ssh', 2222]],
)
assert.equal(shown.loadBalancingRules?.[0]?.probe?.id, `${lb}/probes/up`)
const held = await publicIPAddresses.get(group, 'ip')
assert.equal(held.ipConfiguration?.id, front.id)
await assert.rejects(
  client.networkInterfaces.createOrUpdate(group, 'other', {
    ...{ location, ipConfigurations: [{ name: 'ip', subnet, publicIPAddress: { id: fixed.id! } }] },
  }),
  { code: 'PublicIPAddressInUse' },
)
await assert.rejects(loadBalancers.delete(group, 'lb'), { code: 'LoadBalancerInUse' })
await client.networkInterfaces.delete(group, 'nic')
await inboundNatRules.delete(group, 'lb', 'ssh')
await loadBalancers.delete(group, 'lb')
await publicIPAddresses.delete(group, 'ip')
const left = []
for await (const one of loadBalancers.listAll()) left.push(one.name)
assert.deepEqual(left, [])
