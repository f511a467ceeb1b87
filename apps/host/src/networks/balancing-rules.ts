import { UPLINK } from './names.ts'
import type { BalancingPlan, InterfacePlan, NetworkPlan, ProbePlan } from './plan.ts'

/** Whether a member is given new connections. */
export type IsWell = (probe: ProbePlan, member: string) => boolean

type Plan = Pick<NetworkPlan, 'balancing' | 'exits'>

/**
 * Rules of the chain that translates where packets go to, for nft(8). A connection stays with its member, also once
 * others come or go: its translation is remembered with it. A frontend that nobody is well behind leads nowhere.
 */
export function balancingRules(
  { balancing = [] }: Plan,
  interfaces: readonly InterfacePlan[],
  isWell: IsWell,
): string[] {
  const here = new Set(interfaces.map(({ address }) => address))
  return balancing.flatMap((one) => {
    const members = one.members.filter(
      (member) => here.has(member) && (one.probe === null || isWell(one.probe, member)),
    )
    return members.length === 0 ? [] : [balancingRule(one, members)]
  })
}

function balancingRule(
  { address, protocol, port, backendPort, isSticky }: BalancingPlan,
  members: readonly string[],
): string {
  const match = `ip daddr ${address} ${protocol} dport ${port}`
  const [first, ...others] = members
  if (others.length === 0) return `${match} dnat to ${first}:${backendPort}`
  const places = members.map((member, i) => `${i} : ${member}`).join(', ')
  const which = isSticky ? 'jhash ip saddr' : 'numgen inc'
  return `${match} dnat to ${which} mod ${members.length} map { ${places} } : ${backendPort}`
}

/** Rules of the chain that translates where packets come from: after those of interfaces' own public addresses. */
export function exitRules({ exits = [] }: Plan, interfaces: readonly InterfacePlan[]): string[] {
  const here = new Set(interfaces.map(({ address }) => address))
  return exits.flatMap(({ address, members }) => {
    const those = members.filter((member) => here.has(member))
    const from = `oifname "${UPLINK}" ip saddr { ${those.join(', ')} }`
    return those.length === 0 ? [] : [`${from} snat to ${address}`]
  })
}
