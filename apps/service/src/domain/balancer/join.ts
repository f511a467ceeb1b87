import { keyOf } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { type Link, listIn, missingReference } from '../links.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { INTERFACE, INTERFACE_TYPES } from '../vm/interfaces.ts'
import { at, textAt } from '../vm/vm.ts'
import {
  BALANCER,
  balancerIdOf,
  JOINS,
  joinedBy,
  notDone,
  partOfId,
  partsOf,
  refersTo,
} from './balancer.ts'

type There = Pick<Tables, 'resources'>

/** The pools and rules that a configuration of an interface joins: whoever sends it must have the right to, there. */
export function joinLinks(configuration: Json, path: string): Link[] {
  return Object.entries(JOINS).flatMap(([member, kind]) =>
    listIn(at(configuration, 'properties', member)).flatMap((one, i) => {
      const id = textAt(one, 'id')
      const type = `${BALANCER}/${kind}`
      const of = { type, action: `${type}/join/action`, path: `${path}.${member}[${i}].id` }
      return id === null ? [] : [{ id, ...of }]
    }),
  )
}

/** What a configuration joins is there, and of its network alone. @throws {ArmError} */
export async function requireJoins(
  there: There,
  configuration: JsonObject,
  index: number,
): Promise<void> {
  const ids = joinedBy(configuration)
  if (ids.length > 0 && index > 0)
    throw notDone(
      `ipConfigurations[${index}]`,
      'Only the first configuration of an interface can be a member of a load balancer here.',
    )
  const own = String(configuration.id)
  const network = networkOf(configuration)
  for (const id of ids) {
    const balancer = await there.resources.get(balancerIdOf(id))
    if (balancer === null || !(await isThere(there, balancer, id))) throw missingReference(id, own)
    const others = [...frontendsOf(balancer), await otherMember(there, balancer.id, own)]
    if (others.some((other) => other !== null && networkOf(other) !== network))
      throw notDone(
        'loadBalancerBackendAddressPools',
        `The members and private frontends of the load balancer '${balancer.name}' are of one virtual network.`,
      )
    const holder = await holderOf(there, id)
    if (holder !== null && keyOf(holder) !== keyOf(own))
      throw notDone(
        'loadBalancerInboundNatRules',
        `The inbound NAT rule ${id} leads to ${holder} already.`,
      )
  }
}

async function isThere({ resources }: There, balancer: Resource, id: string): Promise<boolean> {
  const { properties } = balancer
  const pools = ['backendAddressPools', 'inboundNatPools'] as const
  if (pools.some((part) => partOfId(partsOf(properties, part), id) !== null)) return true
  const rule = await resources.get(id)
  return rule !== null && at(rule.properties, 'frontendPort') !== undefined
}

function frontendsOf({ properties }: Resource): JsonObject[] {
  const all = partsOf(properties, 'frontendIPConfigurations')
  return all.filter((one) => refersTo(one, 'subnet') !== null)
}

/** One of those that are members already: all are of its network. */
async function otherMember(
  there: There,
  balancer: string,
  own: string,
): Promise<JsonObject | null> {
  for (const type of INTERFACE_TYPES)
    for await (const { properties } of everyOf(there, { type, naming: `${balancer}/` })) {
      const [first] = listIn(at(properties, 'ipConfigurations'))
      if (first !== undefined && keyOf(textAt(first, 'id') ?? '') !== keyOf(own))
        return first as JsonObject
    }
  return null
}

/** Who has an inbound NAT rule of one port. */
async function holderOf(there: There, rule: string): Promise<string | null> {
  if (!/\/inboundNatRules\/[^/]+$/i.test(rule)) return null
  for await (const { properties } of everyOf(there, { type: INTERFACE, naming: rule })) {
    const [first] = listIn(at(properties, 'ipConfigurations'))
    if (joinedBy(first).some((id) => keyOf(id) === keyOf(rule))) return textAt(first ?? null, 'id')
  }
  return null
}

function networkOf(configuration: Json): string {
  const subnet = refersTo(configuration, 'subnet') ?? ''
  return keyOf(subnet.split('/').slice(0, -2).join('/'))
}
