import { keyOf } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { listIn } from '../links.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { INTERFACE_TYPES } from '../vm/interfaces.ts'
import { at, textAt } from '../vm/vm.ts'
import { joinedBy, natRulesOf, partsOf, refersTo } from './balancer.ts'
import { portsOf } from './rules.ts'

/** Which port of a stretch leads to whom, by the key of his interface's configuration. */
type Ports = Readonly<Record<string, number>>

/** A stretch of ports of a balancer: of a pool that interfaces join, or of a rule for a pool's members. */
export interface Range {
  readonly rule: JsonObject
  /** Who joins this has a port of it. */
  readonly pool: string
  readonly ports: Ports
}

/** A balancer's stretches, and which of their ports are whose. */
export function rangesOf(
  { properties, state }: Pick<Resource, 'properties' | 'state'>,
  natRules: readonly JsonObject[],
): Range[] {
  const given = (state.natPorts ?? {}) as Readonly<Record<string, Ports>>
  const of = (rule: JsonObject, pool: string | null): Range[] =>
    pool === null ? [] : [{ rule, pool, ports: given[keyOf(String(rule.id))] ?? {} }]
  const stretches = natRules.filter(
    (rule) => at(rule, 'properties', 'frontendPortRangeStart') !== undefined,
  )
  return [
    ...partsOf(properties, 'inboundNatPools').flatMap((pool) => of(pool, String(pool.id))),
    ...stretches.flatMap((rule) => of(rule, refersTo(rule, 'backendAddressPool'))),
  ]
}

/** Whoever joins a stretch has a port of it, the same until he leaves. Part of a transaction. */
export async function giveNatPorts(tables: Tables, balancer: Resource, now: number): Promise<void> {
  const natRules = await natRulesOf(tables, balancer.id)
  const configurations = await joiningOf(tables, balancer.id)
  const natPorts: Record<string, Ports> = {}
  for (const { rule, pool, ports } of rangesOf(balancer, natRules)) {
    const members = configurations
      .filter((one) => joinedBy(one).some((id) => keyOf(id) === keyOf(pool)))
      .map((one) => keyOf(textAt(one, 'id') ?? ''))
    natPorts[keyOf(String(rule.id))] = given(portsOf(rule), members, ports)
  }
  if (JSON.stringify(natPorts) === JSON.stringify(balancer.state.natPorts ?? {})) return
  await tables.resources.update(balancer.id, { state: { ...balancer.state, natPorts } }, now)
}

function given(stretch: readonly number[], members: readonly string[], before: Ports): Ports {
  const within = new Set(stretch)
  const kept = members.filter((one) => within.has(before[one] ?? 0))
  const taken = new Set(kept.map((one) => before[one]!))
  const free = stretch.filter((port) => !taken.has(port))[Symbol.iterator]()
  const ports: Record<string, number> = {}
  for (const one of members) {
    const port = kept.includes(one) ? before[one] : free.next().value
    if (port !== undefined) ports[one] = port
  }
  return ports
}

/** The first configurations of the interfaces that join something of a balancer. */
async function joiningOf(tables: Pick<Tables, 'resources'>, balancer: string): Promise<Json[]> {
  const found: Json[] = []
  for (const type of INTERFACE_TYPES)
    for await (const { properties } of everyOf(tables, { type, naming: `${balancer}/` })) {
      const [first] = listIn(at(properties, 'ipConfigurations'))
      if (first !== undefined) found.push(first)
    }
  return found
}
