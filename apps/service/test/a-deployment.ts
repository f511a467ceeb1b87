import type { Answer, TestService } from './a-service.ts'
import { IMAGE, KEY } from './a-vm.ts'

export const template = (rest: object = {}): any => ({
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  resources: [],
  ...rest,
})

/** Of a group `rg`, which is made where it is not. */
export async function deploy(
  service: TestService,
  name: string,
  rest: object,
  properties: object = {},
): Promise<Answer> {
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  return service.ask('PUT', deploymentId(service, name), {
    properties: { mode: 'Incremental', template: template(rest), ...properties },
  })
}

export const deploymentId = (service: TestService, name: string, group = 'rg'): string =>
  `${service.group(group)}/providers/Microsoft.Resources/deployments/${name}`

const network = (name: string) => `[resourceId('Microsoft.Network/${name}', 'net')]`

/** A network and an interface in it, one after the other. */
export const networkResources = (nic = 'nic'): any[] => [
  {
    ...{ type: 'Microsoft.Network/networkInterfaces', apiVersion: '2023-09-01', name: nic },
    ...{ location: '[resourceGroup().location]', dependsOn: [network('virtualNetworks')] },
    properties: {
      ipConfigurations: [
        {
          name: 'ip',
          properties: {
            subnet: {
              id: "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'net', 'one')]",
            },
          },
        },
      ],
    },
  },
  {
    ...{ type: 'Microsoft.Network/virtualNetworks', apiVersion: '2023-09-01', name: 'net' },
    location: '[resourceGroup().location]',
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
    },
  },
]

/** A VM on that interface, whose password is a secure parameter where there is one. */
export const vmResource = (name: string, nic = 'nic', rest: object = {}): any => ({
  ...{ type: 'Microsoft.Compute/virtualMachines', apiVersion: '2024-07-01', name },
  location: '[resourceGroup().location]',
  dependsOn: [`Microsoft.Network/networkInterfaces/${nic}`],
  properties: {
    hardwareProfile: { vmSize: 'Standard_B1s' },
    storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'FromImage' } },
    osProfile: {
      ...{ computerName: 'web', adminUsername: 'azureuser' },
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: KEY }] },
      },
    },
    networkProfile: {
      networkInterfaces: [{ id: `[resourceId('Microsoft.Network/networkInterfaces', '${nic}')]` }],
    },
    ...rest,
  },
})
