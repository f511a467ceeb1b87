import { ArmError, faults } from '@trusted-launch/api'
import { type Link, listIn, missingReference } from '../links.ts'
import { addressFor, prefixOf } from '../network/addresses.ts'
import { machinesBehind } from '../network/planned.ts'
import { PUBLIC_ADDRESS, requirePublicAddress } from '../network/public-addresses.ts'
import type { ResourceType, Wanted } from '../resource-type.ts'
import { applyWork, type NetworkRules } from '../security-groups.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { natRulesOf, notDone, PARTS, partOfId, partsOf, partView, refersTo } from './balancer.ts'
import { putNatRules } from './nat-rules.ts'
import { requireRules } from './rules.ts'

const SUBNET = 'Microsoft.Network/virtualNetworks/subnets'

/** A load balancer spreads what comes to its frontends over the members of its pools; what of it nothing here does is refused. */
export function balancerPlanning(rules: NetworkRules): ResourceType['plan'] {
  return async (id, { properties }, existing, moment) => {
    const { tables } = moment
    requireNetworks(rules)
    const { inboundNatRules, outboundRules, ...given } = properties
    if (listIn(outboundRules).length > 0)
      throw notDone(
        'outboundRules',
        'Outbound rules are not done here: what members begin comes from the first public frontend that spreads over them.',
      )
    const parts = PARTS.map((part) => {
      const all = listIn(given[part]).map((one) => partView(id, part, one as JsonObject))
      return [part, all] as const
    })
    const named: JsonObject = { ...given, ...Object.fromEntries(parts) }
    const frontendIPConfigurations: JsonObject[] = []
    for (const one of partsOf(named, 'frontendIPConfigurations'))
      frontendIPConfigurations.push(await withAddress(tables, one, existing))
    const after = { ...named, frontendIPConfigurations }
    const asked = Array.isArray(inboundNatRules)
      ? inboundNatRules
          .filter((one) => !isMade(after, one))
          .map((one) => partView(id, 'inboundNatRules', one as JsonObject))
      : null
    const natRules = asked ?? (await natRulesOf(tables, id))
    requireRules(after, natRules)
    if (asked !== null) await putNatRules(moment, id, natRules)
    const machines = existing === null ? [] : await machinesBehind(tables, `${id}/`)
    return { properties: after, state: existing?.state ?? {}, work: applyWork(rules, machines) }
  }
}

/** Of those that the view shows for a pool's ports: clients send back what they got. */
function isMade(properties: JsonObject, rule: Json): boolean {
  const [, pool = ''] = /^(.+)\.\d+$/.exec(textAt(rule, 'name') ?? '') ?? []
  return partsOf(properties, 'inboundNatPools').some(({ name }) => name === pool)
}

/** @throws {ArmError} where no member could be reached. */
export function requireNetworks({ noNetworks }: NetworkRules): void {
  const lacks = noNetworks()
  if (lacks === null) return
  throw notDone(
    'type',
    `Load balancers are not here, since this host makes no networks (${lacks}): an instance is reached at an address of its own. Leave it out of templates; for 'az vmss create' say --load-balancer "".`,
  )
}

/** A frontend with its address: of a subnet its own there, or a public one that is its alone. */
async function withAddress(
  tables: Tables,
  one: JsonObject,
  existing: Resource | null,
): Promise<JsonObject> {
  const id = String(one.id)
  const target = `frontendIPConfigurations.${one.name}`
  const [subnetId, publicId] = [refersTo(one, 'subnet'), refersTo(one, 'publicIPAddress')]
  for (const member of ['publicIPPrefix', 'gatewayLoadBalancer'])
    if (refersTo(one, member) !== null)
      throw notDone(`${target}.${member}`, `'${member}' of a frontend is not done here.`)
  if ((subnetId === null) === (publicId === null))
    throw new ArmError(faults.invalidParameter(target))
  if (publicId !== null) {
    await requirePublicAddress(tables, one)
    return one
  }
  const subnet = await tables.resources.get(subnetId!)
  const prefix = subnet === null ? null : prefixOf(subnet)
  if (subnet === null || prefix === null) throw missingReference(subnetId, id)
  const properties = one.properties as JsonObject
  const isStatic = textAt(properties, 'privateIPAllocationMethod')?.toLowerCase() === 'static'
  const before = partOfId(partsOf(existing?.properties ?? {}, 'frontendIPConfigurations'), id)
  const privateIPAddress = await addressFor(tables, subnet, prefix, id, {
    fixed: isStatic ? textAt(properties, 'privateIPAddress') : null,
    had: textAt(before, 'properties', 'privateIPAddress'),
  })
  const byItself = { privateIPAllocationMethod: 'Dynamic' }
  return { ...one, properties: { ...byItself, ...properties, privateIPAddress } }
}

/** The subnets and public addresses that a balancer has its frontends at. */
export function balancerLinks(_: string, { properties }: Wanted): Link[] {
  return listIn(at(properties, 'frontendIPConfigurations')).flatMap((one, i) =>
    AT.flatMap(([member, type]) => {
      const id = refersTo(one, member)
      const path = `properties.frontendIPConfigurations[${i}].properties.${member}.id`
      return id === null ? [] : [{ id, type, action: `${type}/join/action`, path }]
    }),
  )
}

const AT = [
  ['subnet', SUBNET],
  ['publicIPAddress', PUBLIC_ADDRESS],
] as const
