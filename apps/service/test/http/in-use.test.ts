import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm } from '../a-vm.ts'
import { scaleSetBody } from './a-scale-set.ts'

test("what an interface uses is not deleted, in Azure's words; without it, it is", async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const network = `${service.group('rg')}/providers/Microsoft.Network`
  const [address, group] = [
    `${network}/publicIPAddresses/ip`,
    `${network}/networkSecurityGroups/sg`,
  ]
  for (const id of [address, group]) await service.ask('PUT', id, { location: 'local' })
  const subnet = `${network}/virtualNetworks/net/subnets/one`
  const ip = { subnet: { id: subnet.toUpperCase() }, publicIPAddress: { id: address } }
  const put = await service.ask('PUT', nic, {
    location: 'local',
    properties: {
      ipConfigurations: [{ name: 'ip', properties: ip }],
      networkSecurityGroup: { id: group },
    },
  })
  assert.equal(put.status, 200, JSON.stringify(put.body))
  const configuration = `${nic}/ipConfigurations/ip`
  const inSubnet = `Subnet one is in use by ${configuration} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`
  const refusals: [method: string, id: string, code: string, message: string, body?: object][] = [
    ['DELETE', subnet, 'InUseSubnetCannotBeDeleted', inSubnet],
    ['DELETE', `${network}/virtualNetworks/net`, 'InUseSubnetCannotBeDeleted', inSubnet],
    [
      'PUT',
      `${network}/virtualNetworks/net`,
      'InUseSubnetCannotBeDeleted',
      inSubnet,
      { location: 'local', properties: { subnets: [] } },
    ],
    [
      'DELETE',
      address,
      'PublicIPAddressCannotBeDeleted',
      `Public IP address ${address} can not be deleted since it is still allocated to resource ${configuration}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
    ],
    [
      'DELETE',
      group,
      'InUseNetworkSecurityGroupCannotBeDeleted',
      `Network security group ${group} cannot be deleted because it is in use by the following resources: ${nic}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
    ],
  ]
  for (const [method, id, code, message, body] of refusals) {
    const answer = await service.ask(method, id, body)
    assert.deepEqual([answer.status, answer.body?.error], [400, { code, message }], id)
    assert.equal((await service.ask('GET', id)).status, 200)
  }
  assert.equal((await service.ask('DELETE', nic)).status, 200)
  assert.equal((await service.ask('DELETE', subnet)).status, 200)
  const { body } = await service.ask('GET', `${network}/virtualNetworks/net`)
  assert.deepEqual(body.properties.subnets, [])
  for (const id of [`${network}/virtualNetworks/net`, address, group])
    assert.equal((await service.ask('DELETE', id)).status, 200, id)
})

test('an interface with a VM is not deleted', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const nic = `${service.group('rg')}/providers/Microsoft.Network/networkInterfaces/nic-web`
  const { status, body } = await service.ask('DELETE', nic)
  const message = `Network Interface ${nic} is used by existing resource ${id}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`
  assert.deepEqual([status, body.error], [400, { code: 'NicInUse', message }])
})

test('what a set’s instances use stays, also while it has none, and with it the group that it is in', async (t) => {
  const service = await aService(t)
  const [place, sets] = ['rg', 'sets'].map((name) => service.group(name))
  for (const id of [place, sets]) await service.ask('PUT', id!, { location: 'local' })
  const at = `${place}/providers/Microsoft.Network`
  const group = `${at}/networkSecurityGroups/sg`
  await service.ask('PUT', group, { location: 'local', properties: {} })
  const net = `${at}/virtualNetworks/net`
  const subnets = [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }]
  const addressSpace = { addressPrefixes: ['10.0.0.0/16'] }
  await service.ask('PUT', net, { location: 'local', properties: { addressSpace, subnets } })
  const body = scaleSetBody(`${net}/subnets/one`, 0)
  const [nic] = body.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations
  nic.properties.networkSecurityGroup = { id: group }
  const set = `${sets}/providers/Microsoft.Compute/virtualMachineScaleSets/web`
  const refused = async (by: string, subnetBy: string) => {
    for (const [id, code, holder] of [
      [group, 'InUseNetworkSecurityGroupCannotBeDeleted', by],
      [`${net}/subnets/one`, 'InUseSubnetCannotBeDeleted', subnetBy],
      [net, 'InUseSubnetCannotBeDeleted', subnetBy],
      [place!, 'ResourceGroupDeletionBlocked', 'networkSecurityGroups/sg'],
    ] as const) {
      const { status, body } = await service.ask('DELETE', id)
      assert.equal(body?.error?.code, code, `${id} ${status}`)
      assert.ok(body.error.message.includes(holder), body.error.message)
    }
  }
  await service.over(await service.ask('PUT', set, body))
  await refused(set, set)
  await service.over(await service.ask('PUT', set, { ...body, sku: { ...body.sku, capacity: 1 } }))
  const own = `${set}/virtualMachines/0/networkInterfaces/nic`
  await refused(own, `${own}/ipConfigurations/ip`)
  await service.over(await service.ask('DELETE', set))
  for (const id of [net, group]) assert.equal((await service.ask('DELETE', id)).status, 200, id)
})
