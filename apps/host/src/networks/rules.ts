import { balancingRules, exitRules, type IsWell } from './balancing-rules.ts'
import { bridgeOf, LAN, type NetworkNames, UPLINK, UPLINKS } from './names.ts'
import type { InterfacePlan, NetworkPlan, Places, PortRange, Rule } from './plan.ts'

/** An interface with the tap that its VM's QEMU has. */
export interface PluggedInterface extends InterfacePlan {
  readonly tap: string
}

/** What passes before the bridges: from a tap its own addresses only, and nothing that is not IPv4 or ARP. */
const SOURCES = 'table bridge trusted_launch'
/** What passes between VMs, and in and out of the network. */
const PASSAGE = 'table ip trusted_launch'

/**
 * The rules of a network's namespace, for nft(8): one transaction, that takes the place of those before it.
 *
 * A bridge's ports are isolated from each other, so whatever goes from one VM to another, of the same subnet too, is
 * routed by the namespace and passes here; connections are tracked, and what answers one passes. A rule that goes
 * ends no connection that it let begin.
 */
export function passageRules(
  plan: Pick<NetworkPlan, 'subnets' | 'balancing' | 'exits' | 'bridge'>,
  interfaces: readonly PluggedInterface[],
  isWell: IsWell = () => true,
): string {
  const { subnets, bridge = null } = plan
  const out = bridge === null ? `"${UPLINK}"` : `{ "${UPLINK}", "${LAN}" }`
  const bridges = set(subnets.map(({ prefix }) => `"${bridgeOf(prefix)}"`))
  return [
    ...afresh(SOURCES),
    `${SOURCES} {`,
    ...interfaces.flatMap(sourceChain),
    ...chain('prerouting', 'type filter hook prerouting priority filter; policy drop;', [
      ...map('iifname', interfaces, ({ tap }) => `"${tap}" : jump from_${tap}`),
    ]),
    '}',
    ...afresh(PASSAGE),
    `${PASSAGE} {`,
    ...interfaces.flatMap((each) => [
      ...groupChains('out', each, each.outbound),
      ...groupChains('in', each, each.inbound),
    ]),
    ...chain('forwards', 'type nat hook prerouting priority dstnat; policy accept;', [
      ...interfaces.flatMap(forwardRules),
      ...balancingRules(plan, interfaces, isWell),
    ]),
    ...chain('sources', 'type nat hook postrouting priority srcnat; policy accept;', [
      ...interfaces.flatMap(({ publicAddress, address }) =>
        publicAddress === null
          ? []
          : [`oifname "${UPLINK}" ip saddr ${address} snat to ${publicAddress}`],
      ),
      ...exitRules(plan, interfaces),
      `oifname "${UPLINK}" masquerade`,
    ]),
    ...chain('input', 'type filter hook input priority filter; policy drop;', [
      'iifname "lo" accept',
      'ct state established,related accept',
      ...(subnets.length === 0
        ? []
        : [
            `iifname ${bridges} udp dport 67 accept`,
            `iifname ${bridges} meta l4proto { tcp, udp } th dport 53 accept`,
            `iifname ${bridges} icmp type echo-request accept`,
          ]),
    ]),
    ...chain('forward', 'type filter hook forward priority filter; policy drop;', [
      'ct state established,related accept',
      'ct state invalid drop',
      ...map('ip saddr', interfaces, (one) => `${one.address} : jump out_${one.tap}`),
      ...map('ip daddr', interfaces, (one) => `${one.address} : goto in_${one.tap}`),
      ...(subnets.length === 0 ? [] : [`iifname ${bridges} oifname ${out} accept`]),
    ]),
    '}',
    '',
  ].join('\n')
}

/** What may leave a VM: by its own addresses, and its question for them. */
function sourceChain({ tap, mac, address }: PluggedInterface): string[] {
  return chain(`from_${tap}`, null, [
    `ether saddr != ${mac} drop`,
    `ether type arp arp saddr ether ${mac} arp saddr ip { 0.0.0.0, ${address} } accept`,
    `ether type ip ip saddr ${address} accept`,
    'ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept',
    'drop',
  ])
}

/** Each group is passed, in order; then it goes on, or in it has arrived. */
function groupChains(
  way: 'in' | 'out',
  { tap }: PluggedInterface,
  groups: readonly (readonly Rule[])[],
): string[] {
  const name = `${way}_${tap}`
  return [
    ...groups.flatMap((rules, i) =>
      chain(`${name}_${i}`, null, [...rules.map(ruleOf), 'drop'].filter(onceDecided())),
    ),
    ...chain(name, null, [
      ...groups.map((_, i) => `jump ${name}_${i}`),
      ...(way === 'in' ? ['accept'] : []),
    ]),
  ]
}

/** What comes after a rule that matches everything is never asked. */
function onceDecided(): (rule: string) => boolean {
  let decided = false
  return (rule) => {
    const isAsked = !decided
    decided ||= rule === 'return' || rule === 'drop'
    return isAsked
  }
}

function ruleOf({ allow, protocol, from, to, fromPorts, toPorts }: Rule): string {
  const hasPorts = fromPorts !== null || toPorts !== null
  const anyWithPorts = protocol === null && hasPorts ? ['meta l4proto { tcp, udp }'] : []
  return [
    ...(protocol === null ? anyWithPorts : [`meta l4proto ${protocol}`]),
    ...placesOf('ip saddr', from),
    ...placesOf('ip daddr', to),
    ...portsOf('th sport', fromPorts),
    ...portsOf('th dport', toPorts),
    allow ? 'return' : 'drop',
  ].join(' ')
}

/** `0.0.0.0/0` is everywhere, which nft(8) has no interval for. */
function placesOf(field: string, places: Places | null): string[] {
  if (places === null) return []
  const { prefixes, except } = places
  const isEverywhere = prefixes.some((prefix) => prefix.endsWith('/0'))
  if (isEverywhere && !except) return []
  // No address is of no set: a rule for nowhere matches nothing.
  if (isEverywhere || prefixes.length === 0)
    return except && !isEverywhere ? [] : [`${field} 0.0.0.0`, `${field} 255.255.255.255`]
  return [`${field} ${except ? '!= ' : ''}${set(prefixes)}`]
}

function portsOf(field: string, ports: readonly PortRange[] | null): string[] {
  if (ports === null) return []
  return [
    `${field} ${set(ports.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)))}`,
  ]
}

function forwardRules({ address, forwards, publicAddress }: PluggedInterface): string[] {
  const ports = forwards.map(
    ({ hostPort, guestPort }) =>
      `iifname "${UPLINK}" tcp dport ${hostPort} dnat to ${address}:${guestPort}`,
  )
  // From its neighbours, too: they find it under the name that everybody knows.
  const whole = publicAddress === null ? [] : [`ip daddr ${publicAddress} dnat to ${address}`]
  return [...whole, ...ports]
}

/**
 * The host's own rules for a network: its forwarded ports lead there, from the host's loopback alone; what comes from there
 * reaches nothing that listens on the host but names, goes on to other places, and looks like the host's own.
 */
export function hostRules(
  names: NetworkNames,
  interfaces: readonly PluggedInterface[],
  publicAddresses: readonly string[],
): string {
  const { table, hostEnd, address } = names
  const ports = interfaces.flatMap(({ forwards }) => forwards)
  const table_ = `table ip ${table}`
  return [
    ...afresh(table_),
    `${table_} {`,
    ...chain('forwards', 'type nat hook output priority -100; policy accept;', [
      ...ports.map(
        ({ hostPort }) => `ip daddr 127.0.0.1 tcp dport ${hostPort} dnat to ${address}:${hostPort}`,
      ),
    ]),
    ...chain('sources', 'type nat hook postrouting priority srcnat; policy accept;', [
      `oifname "${hostEnd}" ip saddr 127.0.0.0/8 masquerade`,
      `ip saddr ${address} oifname != "tl*" masquerade`,
    ]),
    ...chain('input', 'type filter hook input priority filter; policy accept;', [
      `iifname != "${hostEnd}" accept`,
      'ct state established,related accept',
      'meta l4proto { tcp, udp } th dport 53 accept',
      'drop',
    ]),
    ...chain('forward', 'type filter hook forward priority filter; policy accept;', [
      `iifname "${hostEnd}" ip saddr != ${set([address, ...publicAddresses])} drop`,
      `oifname "${hostEnd}" ip daddr ${address} ct state new drop`,
      // Under the address of another network's uplink it would count as the host's own.
      `iifname "tl*" oifname "${hostEnd}" ip saddr ${UPLINKS} ct state new drop`,
    ]),
    '}',
    '',
  ].join('\n')
}

/** The host has no rules for the network any more. */
export function noHostRules({ table }: NetworkNames): string {
  return `table ip ${table} {}\ndelete table ip ${table}\n`
}

/** The addresses that the host routes to a network. */
export function publicOf({ interfaces, balancing = [], exits = [] }: NetworkPlan): string[] {
  const own = interfaces.flatMap(({ publicAddress }) => publicAddress ?? [])
  const spread = balancing.filter(({ isPublic }) => isPublic).map(({ address }) => address)
  return [...new Set([...own, ...spread, ...exits.map(({ address }) => address)])]
}

function afresh(table: string): string[] {
  return [`${table} {}`, `delete ${table}`]
}

function chain(name: string, hook: string | null, rules: readonly string[]): string[] {
  const lines = [...(hook === null ? [] : [hook]), ...rules].map((line) => `    ${line}`)
  return [`  chain ${name} {`, ...lines, '  }']
}

function map(
  field: string,
  interfaces: readonly PluggedInterface[],
  entry: (one: PluggedInterface) => string,
): string[] {
  return interfaces.length === 0 ? [] : [`${field} vmap ${set(interfaces.map(entry))}`]
}

function set(entries: readonly string[]): string {
  return `{ ${entries.join(', ')} }`
}
