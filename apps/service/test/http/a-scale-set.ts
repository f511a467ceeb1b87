import type { Answer, TestService } from '../a-service.ts'
import { aNetwork, IMAGE, KEY } from '../a-vm.ts'

/** A Uniform set of two, brought to its model by hand, as `az vmss create` makes them. */
export function scaleSetBody(
  subnet: string,
  capacity: number,
  properties: any = {},
  model: any = {},
): any {
  return {
    location: 'local',
    sku: { name: 'Standard_B1s', tier: 'Standard', capacity },
    properties: {
      upgradePolicy: { mode: 'Manual' },
      virtualMachineProfile: {
        storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'FromImage' } },
        osProfile: {
          ...{ computerNamePrefix: 'web', adminUsername: 'azureuser' },
          linuxConfiguration: {
            disablePasswordAuthentication: true,
            ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: KEY }] },
          },
        },
        networkProfile: {
          networkInterfaceConfigurations: [
            {
              name: 'nic',
              properties: {
                primary: true,
                ipConfigurations: [{ name: 'ip', properties: { subnet: { id: subnet } } }],
              },
            },
          ],
        },
        ...model,
      },
      ...properties,
    },
  }
}

export interface TestScaleSet {
  readonly id: string
  readonly put: Answer
  readonly end: any
  readonly body: any
}

/** Makes a set and waits for it. */
export async function aScaleSet(
  service: TestService,
  capacity: number,
  properties: any = {},
  model: any = {},
): Promise<TestScaleSet> {
  await aNetwork(service, 'rg')
  const group = service.group('rg')
  const subnet = `${group}/providers/Microsoft.Network/virtualNetworks/net/subnets/one`
  const id = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/web`
  const body = scaleSetBody(subnet, capacity, properties, model)
  const put = await service.ask('PUT', id, body)
  return { id, put, body, end: put.status < 300 ? await service.over(put) : null }
}

/** A change of a set, and what came of it. */
export async function changed(
  service: TestService,
  method: string,
  path: string,
  body?: unknown,
): Promise<any> {
  const answer = await service.ask(method, path, body)
  return answer.status < 300 && answer.headers['azure-asyncoperation'] !== undefined
    ? service.over(answer)
    : answer
}

export async function instancesOf(service: TestService, set: string): Promise<any[]> {
  const { body } = await service.ask('GET', `${set}/virtualMachines?$expand=instanceView`)
  return body.value
}
