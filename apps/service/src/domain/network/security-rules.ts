import { ArmError } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, Resource } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { isWithin, parseAddress, parsePrefix } from './ipv4.ts'
import type { PassageRule, Places, PortRange } from './network-plan.ts'

export type Direction = 'Inbound' | 'Outbound'

/** What a rule names by a tag: places that depend on the network it is asked of. */
type Place =
  | { readonly prefix: string }
  | { readonly tag: 'network' | 'internet' | 'nowhere' }
  | null

/** A security rule, read; before it is known of which network it is asked. */
export interface SecurityRule {
  readonly name: string
  readonly allow: boolean
  readonly direction: Direction
  readonly priority: number
  readonly protocol: PassageRule['protocol']
  /** Null in the list: everywhere. */
  readonly from: readonly Place[]
  readonly to: readonly Place[]
  readonly fromPorts: readonly PortRange[] | null
  readonly toPorts: readonly PortRange[] | null
}

/** Where the host itself speaks to its networks from: a neighbour, as Azure's platform is. */
export const HOST_SIDE = '100.64.0.0/10'

const PROTOCOLS: Readonly<Record<string, PassageRule['protocol']>> = {
  '*': null,
  tcp: 'tcp',
  udp: 'udp',
  icmp: 'icmp',
  esp: 'esp',
  ah: 'ah',
}
const TAGS: Readonly<Record<string, Place>> = {
  '*': null,
  any: null,
  virtualnetwork: { tag: 'network' },
  internet: { tag: 'internet' },
  // Nothing here balances load: nothing comes from there.
  azureloadbalancer: { tag: 'nowhere' },
}

/** Rules that every group ends with. @see Azure's AllowVnetInBound … DenyAllOutBound, priorities 65000 to 65500 */
function defaults(direction: Direction): SecurityRule[] {
  const tag = (name: 'network' | 'internet' | 'nowhere') => [{ tag: name }]
  const rule = (allow: boolean, from: readonly Place[], to: readonly Place[]): SecurityRule => ({
    ...{ name: 'default', allow, direction, priority: 65_000, protocol: null, from, to },
    ...{ fromPorts: null, toPorts: null },
  })
  const [network, internet, all] = [tag('network'), tag('internet'), [null]]
  return direction === 'Inbound'
    ? [rule(true, network, network), rule(true, tag('nowhere'), all), rule(false, all, all)]
    : [rule(true, network, network), rule(true, all, internet), rule(false, all, all)]
}

/** A group's own rules, in the order they are asked. @throws {ArmError} one that nothing here can hold to, by its name. */
export function securityRulesOf({ properties }: Pick<Resource, 'properties'>): SecurityRule[] {
  const rules = listIn(properties.securityRules).map(read)
  return rules.sort((a, b) => a.priority - b.priority)
}

/**
 * A group as it is enforced in a network, its default rules included.
 * @param network the prefixes of the virtual network.
 */
export function passageOf(
  group: Pick<Resource, 'properties'>,
  direction: Direction,
  network: readonly string[],
): PassageRule[] {
  const own = securityRulesOf(group).filter((rule) => rule.direction === direction)
  return [...own, ...defaults(direction)].flatMap((rule) => {
    const { allow, protocol, fromPorts, toPorts } = rule
    const as = (places: readonly Place[]) => grouped(places, [...network, HOST_SIDE])
    return as(rule.from).flatMap((from) =>
      as(rule.to).map((to) => ({ allow, protocol, from, to, fromPorts, toPorts })),
    )
  })
}

/** A rule for several kinds of places is one for each kind. */
function grouped(places: readonly Place[], network: readonly string[]): (Places | null)[] {
  if (places.includes(null)) return [null]
  const prefixes = places.flatMap((place) =>
    place === null || !('prefix' in place) ? [] : [place.prefix],
  )
  const has = (tag: string) => places.some((one) => one !== null && 'tag' in one && one.tag === tag)
  return [
    ...(prefixes.length > 0 ? [{ prefixes, except: false }] : []),
    ...(has('network') ? [{ prefixes: network, except: false }] : []),
    ...(has('internet') ? [{ prefixes: network, except: true }] : []),
    ...(has('nowhere') ? [{ prefixes: [], except: false }] : []),
  ]
}

/** Whether groups let a TCP connection from an address begin. */
export function letsIn(
  groups: readonly (readonly PassageRule[])[],
  from: string,
  port: number,
): boolean {
  const address = parseAddress(from)!
  const isOf = (places: Places | null) =>
    places === null ||
    places.prefixes.some((one) => isWithin(address, parsePrefix(one)!)) !== places.except
  const holds = (ports: readonly PortRange[] | null) =>
    ports === null || ports.some(([first, last]) => first <= port && port <= last)
  return groups.every((rules) => {
    const first = rules.find(
      (rule) =>
        (rule.protocol === null || rule.protocol === 'tcp') &&
        // From which port it comes nobody knows before: what is allowed for some is not.
        (rule.fromPorts === null || !rule.allow) &&
        isOf(rule.from) &&
        holds(rule.toPorts),
    )
    return first?.allow ?? false
  })
}

/** Whether a group lets all begin that a VM may; `some`: it depends on what it is. */
export function letsOut(group: Pick<Resource, 'properties'>): 'all' | 'none' | 'some' {
  const rules = securityRulesOf(group).filter(({ direction }) => direction === 'Outbound')
  const end = rules.findIndex(isWhole)
  const asked = end < 0 ? rules : rules.slice(0, end + 1)
  if (asked.every(({ allow }) => allow)) return 'all'
  return end >= 0 && asked.every(({ allow }) => !allow) ? 'none' : 'some'
}

function isWhole({ protocol, from, to, fromPorts, toPorts }: SecurityRule): boolean {
  const isAny = protocol === null && fromPorts === null && toPorts === null
  return isAny && from.includes(null) && to.includes(null)
}

function read(one: Json): SecurityRule {
  const name = textAt(one, 'name') ?? ''
  const text = (member: string) => (textAt(one, 'properties', member) ?? '').toLowerCase()
  const all = (member: string) => {
    const list = listIn(at(one, 'properties', `${member}${member.endsWith('x') ? 'es' : 's'}`))
    const texts = list.map((each) => String(each).toLowerCase())
    return text(member) === '' ? texts : [text(member), ...texts]
  }
  for (const member of ['sourceApplicationSecurityGroups', 'destinationApplicationSecurityGroups'])
    if (listIn(at(one, 'properties', member)).length > 0)
      refuse(name, 'application security groups')
  if (!Object.hasOwn(PROTOCOLS, text('protocol')))
    refuse(name, `the protocol '${text('protocol')}'`)
  const allow = text('access') === 'allow'
  // Of before they had to say it: what they forbid they forbid everywhere.
  const places = (member: string) => {
    const named = all(member).map((each) => placeOf(name, each))
    return named.length === 0 && !allow ? [null] : named
  }
  return {
    ...{ name, allow, protocol: PROTOCOLS[text('protocol')]! },
    direction: text('direction') === 'outbound' ? 'Outbound' : 'Inbound',
    priority: Number(at(one, 'properties', 'priority') ?? 0),
    ...{ from: places('sourceAddressPrefix'), to: places('destinationAddressPrefix') },
    fromPorts: portsOf(name, all('sourcePortRange')),
    toPorts: portsOf(name, all('destinationPortRange')),
  }
}

function placeOf(rule: string, text: string): Place {
  if (Object.hasOwn(TAGS, text)) return TAGS[text]!
  const prefix = text.includes('/') ? text : `${text}/32`
  if (prefix === '0.0.0.0/0') return null
  if (parsePrefix(prefix) === null) return refuse(rule, `'${text}'`)
  return { prefix }
}

function portsOf(rule: string, texts: readonly string[]): PortRange[] | null {
  if (texts.includes('*') || texts.length === 0) return null
  return texts.map((text) => {
    const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
    const range = [Number(first), Number(last)] as const
    const isRange = first !== '' && range[0] <= range[1] && range[1] <= 65_535
    return isRange ? range : refuse(rule, `the port range '${text}'`)
  })
}

function refuse(rule: string, what: string): never {
  throw new ArmError({
    status: 400,
    code: 'SecurityRuleCannotBeEnforced',
    message: `The security rule '${rule}' names ${what}, which nothing here would enforce.`,
    target: `securityRules.${rule}`,
  })
}
