import type { Answer, TestService } from './a-service.ts'

export const IMAGE = { publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' }
export const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f test'

/** A group with a network, a subnet and an interface, as Azure's quickstart makes them. */
export async function aNetwork(service: TestService, group: string, nic = 'nic'): Promise<string> {
  const at = service.group(group)
  await service.ask('PUT', at, { location: 'local' })
  const network = `${at}/providers/Microsoft.Network/virtualNetworks/net`
  await service.ask('PUT', network, {
    location: 'local',
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
    },
  })
  const id = `${at}/providers/Microsoft.Network/networkInterfaces/${nic}`
  const ipConfigurations = [
    { name: 'ip', properties: { subnet: { id: `${network}/subnets/one` } } },
  ]
  await service.ask('PUT', id, { location: 'local', properties: { ipConfigurations } })
  return id
}

/** The least that Azure's API takes of a VM. */
export function vmBody(nic: string, properties: object = {}): any {
  return {
    location: 'local',
    properties: {
      hardwareProfile: { vmSize: 'Standard_B1s' },
      storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'FromImage' } },
      osProfile: {
        computerName: 'web',
        adminUsername: 'azureuser',
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: KEY }] },
        },
      },
      networkProfile: { networkInterfaces: [{ id: nic, properties: { primary: true } }] },
      ...properties,
    },
  }
}

/** Makes a VM and waits for it. */
export async function aVm(
  service: TestService,
  name = 'web',
  properties: object = {},
): Promise<{ id: string; put: Answer; end: any }> {
  const nic = await aNetwork(service, 'rg', `nic-${name}`)
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/${name}`
  const put = await service.ask('PUT', id, vmBody(nic, properties))
  return { id, put, end: put.status < 300 ? await service.over(put) : null }
}
