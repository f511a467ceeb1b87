import { ArmError, faults, parseResourceId } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { machinesBehind } from '../network/planned.ts'
import { removeWhole } from '../remove-whole.ts'
import type { Moment, ResourceType } from '../resource-type.ts'
import { applyWork, type NetworkRules } from '../security-groups.ts'
import type { JsonObject, Resource } from '../store.ts'
import { at } from '../vm/vm.ts'
import { balancerIdOf, NAT_RULE, natRulesOf, partView } from './balancer.ts'
import { requireRules } from './rules.ts'

/** A rule of its own resource: one port that leads to the interface that names it, or a stretch for the members of a pool. */
export function natRulePlanning(rules: NetworkRules): ResourceType['plan'] {
  return async (id, { properties }, _, { tables }) => {
    const balancer = await tables.resources.get(balancerIdOf(id))
    if (balancer === null) throw new ArmError(faults.invalidParameter('loadBalancers'))
    const name = id.slice(id.lastIndexOf('/') + 1)
    const rule = partView(balancer.id, 'inboundNatRules', { name, properties })
    const others = (await natRulesOf(tables, balancer.id)).filter((one) => one.name !== name)
    requireRules(balancer.properties, [...others, rule])
    const machines = await machinesBehind(tables, `${balancer.id}/`)
    return { properties: rule.properties as JsonObject, work: applyWork(rules, machines) }
  }
}

/** Its ports lead to nobody once the rule is gone. */
export function natRuleDeleting(rules: NetworkRules): NonNullable<ResourceType['planDelete']> {
  return async ({ id }, { tables }) =>
    applyWork(rules, await machinesBehind(tables, `${balancerIdOf(id)}/`))
}

/** A balancer's rules from now on: those that it does not name any more are gone. */
export async function putNatRules(
  { tables, at: now }: Moment,
  balancer: string,
  all: readonly JsonObject[],
): Promise<void> {
  const named = new Set(all.map(({ name }) => String(name).toLowerCase()))
  for await (const one of everyOf(tables, { type: NAT_RULE, parentId: balancer }))
    if (!named.has(one.name.toLowerCase())) await removeWhole(tables, one.id)
  const { subscriptionId, resourceGroup } = parseResourceId(balancer)!
  for (const one of all) {
    const id = String(one.id)
    const properties = at(one, 'properties') as JsonObject
    if ((await tables.resources.get(id)) !== null) {
      await tables.resources.update(id, { properties }, now)
      continue
    }
    const row: Omit<Resource, 'etag' | 'changedAt'> = {
      ...{
        id,
        type: NAT_RULE,
        name: String(one.name),
        subscriptionId: subscriptionId!,
        resourceGroup,
      },
      ...{ parentId: balancer, location: null, tags: {}, envelope: {}, properties, state: {} },
      ...{ provisioningState: 'Succeeded', createdAt: now },
    }
    await tables.resources.insert(row, now)
  }
}
