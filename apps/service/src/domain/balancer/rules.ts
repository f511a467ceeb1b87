import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { listIn, missingReference } from '../links.ts'
import type { Json, JsonObject } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { notDone, type Part, partOfId, partsOf, protocolOf, refersTo } from './balancer.ts'
import { requireProbe } from './probe.ts'

const SPREADS = ['default', 'sourceip', 'sourceipprotocol']
const PORT_MAX = 65_535

/** What rules, probes and pools of a balancer may say. @throws {ArmError} by the part's name. */
export function requireRules(properties: JsonObject, natRules: readonly JsonObject[]): void {
  const taken = new Set<string>()
  for (const one of partsOf(properties, 'backendAddressPools')) requirePool(one)
  for (const one of partsOf(properties, 'probes')) requireProbe(one)
  for (const one of partsOf(properties, 'loadBalancingRules')) {
    const target = `loadBalancingRules.${one.name}`
    requireReferences(properties, one)
    if (poolsOf(one).length > 1) throw notDone(target, 'A rule spreads over one pool here.')
    const spread = textAt(one, 'properties', 'loadDistribution') ?? 'Default'
    if (!SPREADS.includes(spread.toLowerCase()))
      throw new ArmError(faults.invalidParameter(`${target}.loadDistribution`))
    requireInbound(one, target)
    take(taken, one, [portAt(one, 'frontendPort', target)], target)
    portAt(one, 'backendPort', target)
  }
  const stretches = [
    ...partsOf(properties, 'inboundNatPools').map((one) => ['inboundNatPools', one] as const),
    ...natRules.map((one) => ['inboundNatRules', one] as const),
  ]
  for (const [part, one] of stretches) {
    const target = `${part}.${one.name}`
    requireReferences(properties, one)
    requireInbound(one, target)
    take(taken, one, portsOf(one, target), target)
    portAt(one, 'backendPort', target)
  }
}

/** The ports of a frontend that a pool or rule of inbound NAT is at: a stretch, or one. @throws {ArmError} `InvalidParameter` */
export function portsOf(one: Json, target = ''): number[] {
  const isStretch = at(one, 'properties', 'frontendPortRangeStart') !== undefined
  if (!isStretch) return [portAt(one, 'frontendPort', target)]
  const first = portAt(one, 'frontendPortRangeStart', target)
  const last = portAt(one, 'frontendPortRangeEnd', target)
  if (last >= first) return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  throw new ArmError(faults.invalidParameter(`${target}.frontendPortRangeEnd`))
}

/** The pools that a rule spreads over: the one it names, or those of its list. */
export function poolsOf(rule: Json): string[] {
  const own = refersTo(rule, 'backendAddressPool')
  const listed = listIn(at(rule, 'properties', 'backendAddressPools'))
  const ids = listed.map((one) => textAt(one, 'id')).filter((id) => id !== null)
  return ids.length > 0 ? ids : own === null ? [] : [own]
}

/** TCP or UDP, to a port of the member itself. */
function requireInbound(one: Json, target: string): void {
  const protocol = protocolOf(one)
  if (protocol === 'all')
    throw notDone(`${target}.protocol`, 'Rules for all ports are not done here.')
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw new ArmError(faults.invalidParameter(`${target}.protocol`))
  if (at(one, 'properties', 'enableFloatingIP') === true)
    throw notDone(`${target}.enableFloatingIP`, 'Floating addresses are not done here.')
}

export function portAt(one: Json, member: string, target: string): number {
  const port = at(one, 'properties', member)
  if (Number.isInteger(port) && Number(port) > 0 && Number(port) <= PORT_MAX) return Number(port)
  throw new ArmError(faults.invalidParameter(`${target}.${member}`))
}

const REFERENCES: readonly (readonly [member: string, part: Part])[] = [
  ['frontendIPConfiguration', 'frontendIPConfigurations'],
  ['backendAddressPool', 'backendAddressPools'],
  ['probe', 'probes'],
]

function requireReferences(properties: JsonObject, one: JsonObject): void {
  for (const [member, part] of REFERENCES) {
    const id = refersTo(one, member)
    if (id !== null && partOfId(partsOf(properties, part), id) === null)
      throw missingReference(id, String(one.id))
  }
  for (const id of poolsOf(one))
    if (partOfId(partsOf(properties, 'backendAddressPools'), id) === null)
      throw missingReference(id, String(one.id))
  if (refersTo(one, 'frontendIPConfiguration') === null)
    throw new ArmError(faults.missingParameter(`${one.name}.frontendIPConfiguration`))
}

/** A port of a frontend is one rule's. */
function take(taken: Set<string>, one: JsonObject, ports: readonly number[], target: string): void {
  const at = `${keyOf(refersTo(one, 'frontendIPConfiguration')!)} ${protocolOf(one)}`
  for (const port of ports) {
    if (taken.has(`${at} ${port}`))
      throw new ArmError(faults.invalidParameter(`${target}.frontendPort`))
    taken.add(`${at} ${port}`)
  }
}

function requirePool(one: JsonObject): void {
  for (const member of ['loadBalancerBackendAddresses', 'tunnelInterfaces'])
    if (listIn(at(one, 'properties', member)).length > 0)
      throw notDone(
        `backendAddressPools.${one.name}.${member}`,
        `'${member}' of a pool are not done here: its members are interfaces that name it.`,
      )
}
