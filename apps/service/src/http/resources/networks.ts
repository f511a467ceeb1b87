import {
  requireAddressUnused,
  requireInterfaceUnused,
  requireNetworkUnused,
  requireSecurityGroupUnused,
} from '../../domain/in-use.ts'
import {
  interfaceLinks,
  planNetwork,
  planNetworkInterface,
  planPublicAddress,
  planSubnet,
  planSubnetDelete,
} from '../../domain/networks.ts'
import type { Moment } from '../../domain/resource-type.ts'
import { planSecurityGroup } from '../../domain/security-groups.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { type ArmType, groupPath } from '../arm-type.ts'

const stateful = ({ properties, state, provisioningState }: Resource): JsonObject => ({
  ...properties,
  ...state,
  provisioningState,
})

function networkType(
  name: string,
  model: string,
  plan: ArmType['plan'],
  rest: Partial<ArmType> = {},
): ArmType {
  const type = `Microsoft.Network/${name}`
  return {
    ...{ type, path: groupPath(type), plan, view: stateful },
    models: { PUT: model, PATCH: rest.isChild === true ? null : 'TagsObject' },
    ...rest,
  }
}

const unless =
  (check: (tables: Tables, resource: Resource) => void | Promise<void>) =>
  async (resource: Resource, { tables }: Moment): Promise<null> => {
    await check(tables, resource)
    return null
  }

/** Networks, as far as a VM needs them: they are named and kept; every VM has the host's user-mode network. */
export const networkTypes: readonly ArmType[] = [
  networkType('virtualNetworks', 'VirtualNetwork', planNetwork, {
    planDelete: unless(requireNetworkUnused),
  }),
  networkType('virtualNetworks/subnets', 'Subnet', planSubnet, {
    ...{ isChild: true, planDelete: planSubnetDelete },
  }),
  networkType('networkInterfaces', 'NetworkInterface', planNetworkInterface, {
    links: interfaceLinks,
    planDelete: unless((_, nic) => requireInterfaceUnused(nic)),
  }),
  networkType('networkSecurityGroups', 'NetworkSecurityGroup', planSecurityGroup, {
    planDelete: unless(requireSecurityGroupUnused),
  }),
  networkType('publicIPAddresses', 'PublicIPAddress', planPublicAddress, {
    planDelete: unless(requireAddressUnused),
  }),
]
