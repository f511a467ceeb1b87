import { ArmError } from '@trusted-launch/api'
import { listIn } from './links.ts'
import type { Plan, Wanted } from './resource-type.ts'
import type { Json } from './store.ts'
import { at, textAt } from './vm/vm.ts'

/**
 * What passes between a VM and its host's user-mode network, whoever asks: SSH in, forwarded by the host, which is a neighbour in the VM's own
 * network, and all that the VM begins. Nothing else comes in. A group that allows that much holds as it stands; one
 * that forbids some of it would be kept and not enforced, and is refused.
 */
export async function planSecurityGroup(_: string, { properties }: Wanted): Promise<Plan> {
  const rules = listIn(properties.securityRules)
    .map(ruleOf)
    .sort((a, b) => a.priority - b.priority)
  requireAllowed(
    rules.filter(({ direction }) => direction === 'inbound'),
    passesIn,
    isAllIn,
  )
  requireAllowed(
    rules.filter(({ direction }) => direction === 'outbound'),
    () => true,
    isAll,
  )
  return { properties, work: null }
}

interface Rule {
  readonly name: string
  readonly isAllow: boolean
  readonly direction: string
  readonly priority: number
  readonly protocol: string
  readonly ports: readonly string[]
  readonly sources: readonly string[]
  readonly destinations: readonly string[]
  readonly sourcePorts: readonly string[]
}

/** @throws {ArmError} the first rule that forbids what passes before one that allows all of it. */
function requireAllowed(
  rules: readonly Rule[],
  mayMatch: (rule: Rule) => boolean,
  matchesAll: (rule: Rule) => boolean,
): void {
  for (const rule of rules) {
    if (rule.isAllow && matchesAll(rule)) return
    if (rule.isAllow || !mayMatch(rule)) continue
    throw new ArmError({
      status: 400,
      code: 'SecurityRuleCannotBeEnforced',
      message: `The security rule '${rule.name}' forbids what passes between a virtual machine and its host's network: SSH in, and whatever it begins. Nothing here would enforce it.`,
      target: `securityRules.${rule.name}`,
    })
  }
}

const SSH = 22
const passesIn = ({ protocol, ports, sources }: Rule) =>
  ['tcp', '*'].includes(protocol) && ports.some(holdsSsh) && sources.some(mayBeNeighbour)
const isAllIn = (rule: Rule) =>
  passesIn(rule) &&
  rule.sources.some(isAnyNeighbour) &&
  rule.destinations.some(isAny) &&
  isFromAnyPort(rule)
const isAll = (rule: Rule) =>
  rule.protocol === '*' &&
  rule.ports.some(isAny) &&
  rule.destinations.some(isAny) &&
  rule.sources.some(isAny) &&
  isFromAnyPort(rule)

function holdsSsh(port: string): boolean {
  if (port === '*') return true
  const [first, last = first] = port.split('-').map(Number)
  return first! <= SSH && SSH <= last!
}

const isAny = (place: string) => ['*', 'any', '0.0.0.0/0'].includes(place)
const isAnyNeighbour = (place: string) => isAny(place) || place === 'virtualnetwork'
/** Every address may be a neighbour's; these names are of others. */
const mayBeNeighbour = (place: string) => !['internet', 'azureloadbalancer'].includes(place)
const isFromAnyPort = ({ sourcePorts }: Rule) => sourcePorts.some(isAny)

function ruleOf(one: Json): Rule {
  const of = (name: string) => (textAt(one, 'properties', name) ?? '').toLowerCase()
  const all = (singular: string, plural: string) => {
    const list = listIn(at(one, 'properties', plural)).map((each) => String(each).toLowerCase())
    return of(singular) === '' ? list : [of(singular), ...list]
  }
  return {
    name: textAt(one, 'name') ?? '',
    isAllow: of('access') === 'allow',
    direction: of('direction'),
    priority: Number(at(one, 'properties', 'priority') ?? 0),
    protocol: of('protocol'),
    ports: all('destinationPortRange', 'destinationPortRanges'),
    sources: all('sourceAddressPrefix', 'sourceAddressPrefixes'),
    destinations: all('destinationAddressPrefix', 'destinationAddressPrefixes'),
    sourcePorts: all('sourcePortRange', 'sourcePortRanges'),
  }
}
