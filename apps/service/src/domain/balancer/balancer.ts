import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { listIn, requireMadeName } from '../links.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'

export const BALANCER = 'Microsoft.Network/loadBalancers'
export const NAT_RULE = `${BALANCER}/inboundNatRules`

/** Parts of a load balancer, that are named by their ids. Its inbound NAT rules are resources of their own. */
export const PARTS = [
  'frontendIPConfigurations',
  'backendAddressPools',
  'probes',
  'loadBalancingRules',
  'inboundNatPools',
] as const
export type Part = (typeof PARTS)[number]

/** A balancer's parts of a kind. */
export function partsOf(properties: JsonObject, part: Part): JsonObject[] {
  return listIn(properties[part]) as JsonObject[]
}

/** The part with this id; null: there is none. */
export function partOfId(parts: readonly JsonObject[], id: string | null): JsonObject | null {
  return parts.find((one) => id !== null && keyOf(String(one.id)) === keyOf(id)) ?? null
}

/** A part as clients see it. @throws {ArmError} it has no name that is one. */
export function partView(balancer: string, part: string, one: JsonObject): JsonObject {
  const name = textAt(one, 'name')
  if (name === null) throw new ArmError(faults.missingParameter(`${part}.name`))
  requireMadeName(name, `${part}.name`)
  const given = at(one, 'properties') as JsonObject | undefined
  const properties = { ...given, provisioningState: 'Succeeded' }
  return { ...one, id: `${balancer}/${part}/${name}`, properties }
}

/** The id that a part, or a configuration, names: `refersTo(rule, 'probe')`. */
export function refersTo(one: Json, member: string): string | null {
  return textAt(one, 'properties', member, 'id')
}

/** `tcp` unless it says otherwise. */
export function protocolOf(one: Json): string {
  return textAt(one, 'properties', 'protocol')?.toLowerCase() ?? 'tcp'
}

/** The balancer that a part's id is of. */
export function balancerIdOf(part: string): string {
  return part.split('/').slice(0, 9).join('/')
}

/** The pools and rules of balancers that a configuration of an interface joins. */
export function joinedBy(configuration: Json | undefined): string[] {
  return Object.keys(JOINS).flatMap((member) =>
    listIn(at(configuration ?? null, 'properties', member))
      .map((one) => textAt(one, 'id'))
      .filter((id) => id !== null),
  )
}

/** Members of a configuration by which it joins, and what they name. */
export const JOINS = {
  loadBalancerBackendAddressPools: 'backendAddressPools',
  loadBalancerInboundNatPools: 'inboundNatPools',
  loadBalancerInboundNatRules: 'inboundNatRules',
} as const

/** Its inbound NAT rules, as clients see them. */
export async function natRulesOf(
  there: Pick<Tables, 'resources'>,
  balancer: string,
): Promise<JsonObject[]> {
  const rules: Resource[] = []
  for await (const rule of everyOf(there, { type: NAT_RULE, parentId: balancer })) rules.push(rule)
  return rules.map(({ id, name, properties }) => ({ id, name, properties }))
}

/** What is asked for that nothing here does: by its name, and not merely kept. */
export function notDone(target: string, message: string): ArmError {
  return new ArmError(faults.operationNotAllowed(message, target))
}
