import { ArmError } from '@trusted-launch/api'
import { listIn } from './links.ts'
import type { AllowedBridge } from './network/host-bridge.ts'
import type { Prefix } from './network/ipv4.ts'
import { machinesBehind } from './network/planned.ts'
import { requireRuleForms } from './network/rule-form.ts'
import { letsIn, letsOut, passageOf, securityRulesOf } from './network/security-rules.ts'
import type { Moment, Plan, Wanted } from './resource-type.ts'
import type { JsonObject, Resource } from './store.ts'
import { stateOf } from './vm/vm.ts'

/** What of a host decides about networks. */
export interface NetworkRules {
  readonly host: string
  /** Why it makes no networks, so that each of its VMs is alone; null: it makes them. */
  readonly noNetworks: () => string | null
  /** Addresses that are routed to the host, for whoever asks for a public one; none: nobody gets one. */
  readonly publicPool: readonly Prefix[]
  /** Bridges of the host that networks may be on; not given: none. */
  readonly bridges?: readonly AllowedBridge[]
}

/**
 * A group holds, or is refused by its rule: where the host makes networks, all of it; elsewhere a VM's host forwards SSH to it
 * or does not, and lets it begin everything or nothing.
 */
export function planSecurityGroup(rules: NetworkRules) {
  return async (
    id: string,
    { properties }: Wanted,
    existing: Resource | null,
    { tables }: Moment,
  ): Promise<Plan> => {
    requireRuleForms(id, listIn(properties.securityRules))
    securityRulesOf({ properties })
    const lacks = rules.noNetworks()
    if (lacks !== null && letsOut({ properties }) === 'some') throw cannotEnforce(properties, lacks)
    if (existing === null) return { properties, work: null }
    if (JSON.stringify(existing.properties) === JSON.stringify(properties))
      return { properties, work: null }
    const machines = await machinesBehind(tables, id)
    if (lacks === null) return { properties, work: applyWork(rules, machines) }
    if (!isSame(existing.properties, properties)) requireStopped(machines)
    return { properties, work: null }
  }
}

/** What its host has to do about VMs that have something to do with a change; null: nothing. */
export function applyWork({ host }: Pick<NetworkRules, 'host'>, machines: readonly Resource[]) {
  return machines.length === 0 ? null : { kind: 'network.apply', input: {}, host }
}

/** Of a VM behind its QEMU: who is let in and out is decided when it starts. */
function isSame(before: JsonObject, after: JsonObject): boolean {
  const of = (properties: JsonObject) =>
    letsOut({ properties }) +
    letsIn([passageOf({ properties }, 'Inbound', [NEIGHBOURS])], NEIGHBOUR, SSH)
  return of(before) === of(after)
}

const SSH = 22
const NEIGHBOURS = '10.0.0.0/8'
const NEIGHBOUR = '10.0.0.1'

/**
 * Where the host makes no networks, a change holds from a VM's next start on. Which VM is not told: it may be one of
 * another group, that who asks does not see. @throws {ArmError} one of them runs.
 */
export function requireStopped(machines: readonly Resource[]): void {
  if (machines.every((vm) => ['stopped', 'deallocated'].includes(stateOf(vm).power))) return
  throw new ArmError({
    status: 409,
    code: 'OperationNotAllowed',
    message:
      'A virtual machine runs for which the change would hold from its next start on only, since its host makes no networks: deallocate those of these interfaces, or in these subnets, first.',
  })
}

function cannotEnforce(properties: JsonObject, lacks: string): ArmError {
  const outbound = securityRulesOf({ properties }).filter((one) => one.direction === 'Outbound')
  const rule = outbound.find(({ allow }) => !allow) ?? outbound[0]!
  return new ArmError({
    status: 400,
    code: 'SecurityRuleCannotBeEnforced',
    message: `The security rule '${rule.name}' forbids some of what a virtual machine begins, which nothing here would enforce: this host makes no networks (${lacks}). It lets a virtual machine begin everything or nothing.`,
    target: `securityRules.${rule.name}`,
  })
}
