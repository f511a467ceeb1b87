import { keyOf } from '@trusted-launch/api'
import { requireSubnetUnused } from '../in-use.ts'
import { listIn } from '../links.ts'
import { planNetwork, planNetworkInterface, planSubnet } from '../networks.ts'
import type { Plan, ResourceType } from '../resource-type.ts'
import { applyWork, type NetworkRules, requireStopped } from '../security-groups.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { prefixOf } from './addresses.ts'
import { type AllowedBridge, bridgeFor, bridgeOf, requireSubnetOf } from './host-bridge.ts'
import { machinesBehind } from './planned.ts'
import { requirePrefixes } from './prefixes.ts'

type Planning = ResourceType['plan']

/** An interface whose VM runs has its groups from then on; its address it keeps until its VM is deallocated. */
export function interfacePlanning(rules: NetworkRules): Planning {
  return async (id, wanted, existing, moment) => {
    const plan = await planNetworkInterface(id, wanted, existing, moment)
    if (existing === null) return plan
    const holder = textAt(existing.state, 'virtualMachine', 'id')
    const vm = holder === null ? null : await moment.tables.resources.get(holder)
    if (vm === null) return plan
    const places = (properties: JsonObject) =>
      listIn(at(properties, 'ipConfigurations')).map((one) => [
        textAt(one, 'properties', 'privateIPAddress'),
        keyOf(textAt(one, 'properties', 'subnet', 'id') ?? ''),
      ])
    const isMoved = !same(places(existing.properties), places(plan.properties))
    if (isMoved) requireStopped([vm])
    const isOther = groupOf(existing.properties) !== groupOf(plan.properties)
    return applied(rules, existing, [vm], plan, isOther)
  }
}

/** A subnet's group holds for the VMs in it; its addresses stay while anybody has one. */
export function subnetPlanning(rules: NetworkRules): Planning {
  return async (id, wanted, existing, moment) => {
    const { tables } = moment
    const isOther = await requireSubnet(tables, existing, wanted.properties)
    const network = await tables.resources.get(networkOf(id))
    const bridge = network === null ? null : bridgeOf(network)
    if (bridge !== null) requireSubnetOf(bridge, wanted.properties)
    const plan = await planSubnet(id, wanted, existing, moment)
    const within = await tables.resources.get(networkOf(id))
    if (within !== null) requirePrefixes(within.id, within.properties)
    return applied(rules, existing, await machinesBehind(tables, id), plan, isOther)
  }
}

export function networkPlanning(rules: NetworkRules): Planning {
  return async (id, wanted, existing, moment) => {
    const { tables } = moment
    const subnets = listIn(wanted.properties.subnets)
    let isOther = false
    for (const one of subnets) {
      const before = await tables.resources.get(`${id}/subnets/${textAt(one, 'name')}`)
      isOther = (await requireSubnet(tables, before, at(one, 'properties') ?? {})) || isOther
    }
    const bridge = await bridgeFor(tables, rules, id, wanted.properties, existing)
    const planned = await planNetwork(id, wanted, existing, moment)
    requirePrefixes(id, planned.properties)
    const plan = bridge === null ? planned : withBridge(planned, bridge)
    if (existing === null) return plan
    return applied(rules, existing, await machinesBehind(tables, id), plan, isOther)
  }
}

function withBridge(plan: Plan, bridge: AllowedBridge): Plan {
  const properties = { ...plan.properties, trustedLaunch: { bridge: bridge.bridge } }
  return { ...plan, properties, state: { trustedLaunch: { ...bridge } } }
}

/** @returns whether another group decides in it. @throws {ArmError} its addresses are somebody's. */
async function requireSubnet(
  tables: Tables,
  before: Resource | null,
  after: Json,
): Promise<boolean> {
  const properties = after as JsonObject
  if (before === null) return false
  if (!same(prefixOf(before), prefixOf({ properties }))) await requireSubnetUnused(tables, before)
  return groupOf(before.properties) !== groupOf(properties)
}

/** Its host has something to do where VMs have to do with what is other than it was. */
function applied(
  rules: NetworkRules,
  existing: Resource | null,
  machines: readonly Resource[],
  plan: Plan,
  isOther: boolean,
): Plan {
  if (existing !== null && same(existing.properties, plan.properties)) return plan
  if (rules.noNetworks() === null) return { ...plan, work: applyWork(rules, machines) }
  if (isOther) requireStopped(machines)
  return plan
}

function groupOf(properties: JsonObject): string {
  return keyOf(textAt(properties, 'networkSecurityGroup', 'id') ?? '')
}

function networkOf(subnet: string): string {
  return subnet.split('/').slice(0, -2).join('/')
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
