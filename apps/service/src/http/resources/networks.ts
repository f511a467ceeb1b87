import {
  interfaceLinks,
  planNetwork,
  planNetworkInterface,
  planPlain,
  planSubnet,
  requireUnused,
} from '../../domain/networks.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { wantedOf } from '../wanted.ts'

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
    ...{ type, path: groupPath(type), plan, hasPatch: true },
    check: (body, verb) =>
      wantedOf(verb === 'PATCH' && rest.isChild !== true ? 'TagsObject' : model, body),
    view: stateful,
    ...rest,
  }
}

/** Networks, as far as a VM needs them: they are named and kept; every VM has the host's user-mode network. */
export const networkTypes: readonly ArmType[] = [
  networkType('virtualNetworks', 'VirtualNetwork', planNetwork),
  networkType('virtualNetworks/subnets', 'Subnet', planSubnet, { isChild: true, hasPatch: false }),
  networkType('networkInterfaces', 'NetworkInterface', planNetworkInterface, {
    links: interfaceLinks,
    planDelete: async (nic) => {
      requireUnused(nic)
      return null
    },
  }),
  networkType('networkSecurityGroups', 'NetworkSecurityGroup', planPlain),
  networkType('publicIPAddresses', 'PublicIPAddress', planPlain),
]
