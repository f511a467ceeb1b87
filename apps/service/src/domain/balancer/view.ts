import { keyOf } from '@trusted-launch/api'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { natRulesOf } from './balancer.ts'
import { rangesOf } from './nat-ports.ts'

/** As clients see it: with its inbound NAT rules, and one for each port of a pool that leads to somebody, as Azure makes them. */
export async function balancerView(
  balancer: Resource,
  there: Pick<Tables, 'resources'>,
): Promise<JsonObject> {
  const natRules = await natRulesOf(there, balancer.id)
  const isPool = (rule: JsonObject) => keyOf(String(rule.id)).includes('/inboundnatpools/')
  const made = rangesOf(balancer, natRules)
    .filter(({ rule }) => isPool(rule))
    .flatMap(({ rule, ports }) =>
      Object.entries(ports).map(([configuration, frontendPort], i) => {
        const name = `${rule.name}.${i}`
        const { frontendIPConfiguration, protocol, backendPort } = rule.properties as JsonObject
        const properties = {
          ...{ frontendIPConfiguration: frontendIPConfiguration!, frontendPort },
          ...{ backendPort: backendPort!, protocol: protocol ?? 'Tcp' },
          ...{ backendIPConfiguration: { id: configuration }, provisioningState: 'Succeeded' },
        }
        return { id: `${balancer.id}/inboundNatRules/${name}`, name, properties }
      }),
    )
  const { properties, provisioningState } = balancer
  return { ...properties, inboundNatRules: [...natRules, ...made], provisioningState }
}
