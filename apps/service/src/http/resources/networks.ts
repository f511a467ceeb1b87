import { natRuleDeleting, natRulePlanning } from '../../domain/balancer/nat-rules.ts'
import { balancerLinks, balancerPlanning } from '../../domain/balancer/plan-balancer.ts'
import { balancerView } from '../../domain/balancer/view.ts'
import {
  requireAddressUnused,
  requireBalancerUnused,
  requireInterfaceUnused,
  requireNetworkUnused,
  requireSecurityGroupUnused,
} from '../../domain/in-use.ts'
import { interfacePlanning, networkPlanning, subnetPlanning } from '../../domain/network/joined.ts'
import { publicAddressPlanning, publicAddressView } from '../../domain/network/public-addresses.ts'
import {
  interfaceLinks,
  networkLinks,
  planSubnetDelete,
  subnetLinks,
} from '../../domain/networks.ts'
import type { Moment } from '../../domain/resource-type.ts'
import { type NetworkRules, planSecurityGroup } from '../../domain/security-groups.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { securityGroupView } from './security-rules.ts'

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

/** Networks, as far as a VM needs them: its host makes them, or each VM has a user-mode network of its own. */
export function networkTypes(rules: NetworkRules): readonly ArmType[] {
  return [
    networkType('virtualNetworks', 'VirtualNetwork', networkPlanning(rules), {
      links: (_, { properties }) => networkLinks({ properties }),
      planDelete: unless(requireNetworkUnused),
    }),
    networkType('virtualNetworks/subnets', 'Subnet', subnetPlanning(rules), {
      links: (_, { properties }) => subnetLinks({ properties }),
      ...{ isChild: true, planDelete: planSubnetDelete },
    }),
    networkType('networkInterfaces', 'NetworkInterface', interfacePlanning(rules), {
      links: (_, { properties }) => interfaceLinks({ properties }),
      planDelete: unless((_, nic) => requireInterfaceUnused(nic)),
    }),
    networkType('networkSecurityGroups', 'NetworkSecurityGroup', planSecurityGroup(rules), {
      ...{ view: securityGroupView, planDelete: unless(requireSecurityGroupUnused) },
    }),
    networkType('loadBalancers', 'LoadBalancer', balancerPlanning(rules), {
      ...{ links: balancerLinks, planDelete: unless(requireBalancerUnused) },
      view: (resource, _, there) => balancerView(resource, there),
    }),
    networkType('loadBalancers/inboundNatRules', 'InboundNatRule', natRulePlanning(rules), {
      ...{ isChild: true, planDelete: natRuleDeleting(rules) },
    }),
    networkType('publicIPAddresses', 'PublicIPAddress', publicAddressPlanning(rules), {
      view: (resource, _, there) => publicAddressView(resource, there),
      planDelete: unless(requireAddressUnused),
    }),
  ]
}
