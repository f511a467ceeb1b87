import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm } from '../a-vm.ts'

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
