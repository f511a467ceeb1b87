import { keyOf } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { BalancingPlan, ExitPlan } from '../network/network-plan.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import {
  balancerIdOf,
  joinedBy,
  natRulesOf,
  partOfId,
  partsOf,
  protocolOf,
  refersTo,
} from './balancer.ts'
import { rangesOf } from './nat-ports.ts'
import { probePlanOf } from './probe.ts'
import { poolsOf } from './rules.ts'

type There = Pick<Tables, 'resources'>

/** An interface that its host gives an address. */
export interface Member {
  /** Its first configuration. */
  readonly configuration: JsonObject
  readonly address: string
}

/** The balancers that members of a network join. */
export async function balancersOf(
  { resources }: There,
  configurations: readonly JsonObject[],
): Promise<Resource[]> {
  const ids = new Set(configurations.flatMap(joinedBy).map((id) => keyOf(balancerIdOf(id))))
  const found = await Promise.all([...ids].map((id) => resources.get(id)))
  return found.filter((one) => one !== null)
}

/** How a network spreads what comes to its frontends, and whose connections leave it under which address. */
export async function balancingOf(
  there: There,
  members: readonly Member[],
): Promise<{ readonly balancing: BalancingPlan[]; readonly exits: ExitPlan[] }> {
  const balancing: BalancingPlan[] = []
  const leaving = new Map<string, Set<string>>()
  const gone = new Set<string>()
  for (const balancer of await balancersOf(
    there,
    members.map((one) => one.configuration),
  )) {
    const { properties } = balancer
    const natRules = await natRulesOf(there, balancer.id)
    const joining = (id: string | undefined) =>
      members.filter(({ configuration }) =>
        joinedBy(configuration).some((one) => id !== undefined && keyOf(one) === keyOf(id)),
      )
    const at_ = await frontendsOf(there, properties)
    const add = (one: JsonObject, port: number, to: readonly Member[], more: object = {}) => {
      const frontend = at_(refersTo(one, 'frontendIPConfiguration'))
      if (frontend === null || to.length === 0) return null
      balancing.push({
        ...{ ...frontend, protocol: protocolOf(one) as 'tcp' | 'udp', port },
        ...{ backendPort: Number(at(one, 'properties', 'backendPort')), isSticky: false },
        ...{ members: to.map(({ address }) => address), probe: null, ...more },
      })
      return frontend
    }
    for (const rule of partsOf(properties, 'loadBalancingRules')) {
      const to = joining(poolsOf(rule)[0])
      const probe = partOfId(partsOf(properties, 'probes'), refersTo(rule, 'probe'))
      const spread = (textAt(rule, 'properties', 'loadDistribution') ?? 'Default').toLowerCase()
      const frontend = add(rule, Number(at(rule, 'properties', 'frontendPort')), to, {
        ...{ isSticky: spread !== 'default', probe: probe === null ? null : probePlanOf(probe) },
      })
      const leaves = frontend?.isPublic && at(rule, 'properties', 'disableOutboundSnat') !== true
      if (leaves)
        for (const { address } of to.filter((one) => !gone.has(one.address))) {
          gone.add(address)
          leaving.set(frontend.address, (leaving.get(frontend.address) ?? new Set()).add(address))
        }
    }
    for (const rule of natRules)
      if (at(rule, 'properties', 'frontendPort') !== undefined)
        add(
          rule,
          Number(at(rule, 'properties', 'frontendPort')),
          joining(String(rule.id)).slice(0, 1),
        )
    for (const { rule, ports } of rangesOf(balancer, natRules))
      for (const member of members) {
        const port = ports[keyOf(String(member.configuration.id))]
        if (port !== undefined) add(rule, port, [member])
      }
  }
  const exits = [...leaving].map(([address, all]) => ({ address, members: [...all] }))
  return { balancing, exits }
}

/** Where a balancer's frontends are. */
async function frontendsOf({ resources }: There, properties: JsonObject) {
  const found = new Map<string, { address: string; isPublic: boolean }>()
  for (const one of listIn(properties.frontendIPConfigurations) as JsonObject[]) {
    const publicId = refersTo(one, 'publicIPAddress')
    const row = publicId === null ? null : await resources.get(publicId)
    const address =
      publicId === null
        ? textAt(one, 'properties', 'privateIPAddress')
        : textAt(row?.state ?? {}, 'ipAddress')
    if (address !== null) found.set(keyOf(String(one.id)), { address, isPublic: publicId !== null })
  }
  return (id: string | null) => (id === null ? null : (found.get(keyOf(id)) ?? null))
}
