import { type Asked, type NewVm, networkFor, securityProfile, systemOf } from '@trusted-launch/api'

export const SET = 'Microsoft.Compute/virtualMachineScaleSets'

/** A scale set as `tl vmss create` was told of it. */
export interface NewSet extends NewVm {
  readonly instances: number
  readonly mode: 'Flexible' | 'Uniform'
  readonly upgradePolicy: 'Manual' | 'Automatic' | 'Rolling'
}

/** The set, and the group and network that it wants, where they are not there yet. @param group its path */
export function requestsForSet(
  group: string,
  set: NewSet,
): Readonly<Record<'group' | 'network' | 'set', Asked>> {
  const { group: place, network } = networkFor(group, set.location, set.name)
  const subnet = `${network.path}/subnets/default`
  const { location, size, instances: capacity, mode, upgradePolicy } = set
  const body = {
    location,
    sku: { name: size, capacity },
    properties: {
      orchestrationMode: mode,
      upgradePolicy: { mode: upgradePolicy },
      virtualMachineProfile: modelOf(set, subnet),
    },
  }
  const path = `${group}/providers/${SET}/${set.name}`
  return { group: place, network, set: { method: 'PUT', path, body } }
}

function modelOf(set: NewSet, subnet: string): Record<string, any> {
  const security = securityProfile(set)
  return {
    storageProfile: {
      imageReference: set.image,
      osDisk: { createOption: 'FromImage', deleteOption: 'Delete' },
    },
    osProfile: { computerNamePrefix: set.name, ...systemOf(set) },
    networkProfile: {
      networkInterfaceConfigurations: [
        {
          name: 'nic',
          properties: {
            ...{ primary: true, deleteOption: 'Delete' },
            ipConfigurations: [{ name: 'ip', properties: { subnet: { id: subnet } } }],
          },
        },
      ],
    },
    ...(security !== null && { securityProfile: security }),
  }
}
