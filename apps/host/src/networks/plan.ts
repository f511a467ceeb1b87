import { isIPv4 } from 'node:net'
import { NetworkError } from './errors.ts'

/** A virtual network as its host is to have it: all of it, whatever there was. */
export interface NetworkPlan {
  /** Names it on the host: lower case letters, digits and `-`, at most 64. */
  readonly id: string
  /** Its subnets; none overlaps another. At most {@link SUBNETS_MAX}. */
  readonly subnets: readonly SubnetPlan[]
  /** At most {@link INTERFACES_MAX}; one for each VM. */
  readonly interfaces: readonly InterfacePlan[]
  /** Ports whose connections are spread; at most {@link BALANCING_MAX}. None: plans of before had none. */
  readonly balancing?: readonly BalancingPlan[]
  /** Public addresses that members' connections come from, where they have none of their own. */
  readonly exits?: readonly ExitPlan[]
  /** The bridge of the host that its one subnet is of; null, also when not given: none. */
  readonly bridge?: BridgePlan | null
}

/** A bridge that is there already: who is on it are neighbours of the network's VMs. */
export interface BridgePlan {
  /** On the host. */
  readonly name: string
  /** The tag (IEEE 802.1Q) of its frames, 1 to 4094; null: they have none. */
  readonly vlan: number | null
  /** Where what goes elsewhere is sent: an address of the subnet. */
  readonly router: string
}

export interface SubnetPlan {
  /** `10.0.0.0/24`: IPv4, no bit set after its length, 8 to 29 bits long. */
  readonly prefix: string
  /** The host's own address in it: the guests' router, and who answers DHCP and names. */
  readonly gateway: string
}

/** How one VM has its part in the network. */
export interface InterfacePlan {
  /** The VM's id on the host. */
  readonly machine: string
  /** Six octets, `52:54:00:12:34:56`; nothing leaves the VM under another. */
  readonly mac: string
  /** Its address, of one of the subnets; nothing leaves the VM under another. */
  readonly address: string
  /** What it is called in its network, a DNS label, lower case; null: nothing. */
  readonly name: string | null
  /** Groups of rules that what comes in has to pass, each of them, in order; none: all passes. */
  readonly inbound: readonly (readonly Rule[])[]
  /** The same for what the VM begins. */
  readonly outbound: readonly (readonly Rule[])[]
  /** TCP ports of the host's loopback that lead to it. */
  readonly forwards: readonly PortForward[]
  /** An address that is routed to this host and is the VM's alone; null: what it begins comes as from the host. */
  readonly publicAddress: string | null
}

export interface PortForward {
  /** 1 to 65535; nobody else listens there. */
  readonly hostPort: number
  readonly guestPort: number
}

/** The first of a group that matches decides; where none does, nothing passes. */
export interface Rule {
  readonly allow: boolean
  /** Null: any. */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'esp' | 'ah' | null
  readonly from: Places | null
  readonly to: Places | null
  /** Null: any. Of a rule for any protocol, ports are those of TCP and UDP. */
  readonly fromPorts: readonly PortRange[] | null
  readonly toPorts: readonly PortRange[] | null
}

/** What lies in one of the prefixes, or with `except` in none of them. */
export interface Places {
  readonly prefixes: readonly string[]
  readonly except: boolean
}

/** Both ends included, 0 to 65535. */
export type PortRange = readonly [first: number, last: number]

/** A port of a frontend, whose connections are spread over members. */
export interface BalancingPlan {
  readonly address: string
  /** Whether the address is routed to this host; else it is of one of the subnets, and no interface's. */
  readonly isPublic: boolean
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  readonly backendPort: number
  /** Addresses of interfaces; the order does not matter. */
  readonly members: readonly string[]
  /** Whether all of a client's address go to the same member. */
  readonly isSticky: boolean
  /** Who does not answer it has no new connections; null: all have. */
  readonly probe: ProbePlan | null
}

/** What a member is asked from the network's namespace, to know whether it is well. */
export interface ProbePlan {
  /** Of `http` and `https`, 200 is well; whose certificate it is does not matter. */
  readonly protocol: 'tcp' | 'http' | 'https'
  readonly port: number
  readonly path: string
  readonly intervalSeconds: number
  /** So many answers in a row change what it is taken for. Who was never asked is not well. */
  readonly threshold: number
}

export interface ExitPlan {
  /** Routed to this host. */
  readonly address: string
  readonly members: readonly string[]
}

export const SUBNETS_MAX = 64
export const INTERFACES_MAX = 1024
/** Each port of a stretch for inbound NAT is one. */
export const BALANCING_MAX = 8192
/** Rules of one interface, both directions. */
export const RULES_MAX = 8192

/** What a network's id is like. */
export const NETWORK_ID = /^[a-z0-9][a-z0-9-]{0,63}$/
const MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** All of it goes into files and rules of other programs: what is not of these forms goes nowhere. @throws {NetworkError} `network-bad-plan` */
export function checkPlan({
  id,
  subnets,
  interfaces,
  balancing = [],
  exits = [],
  bridge = null,
}: NetworkPlan): void {
  require(NETWORK_ID.test(id), 'id')
  require(subnets.length <= SUBNETS_MAX, 'subnets')
  require(interfaces.length <= INTERFACES_MAX, 'interfaces')
  for (const { prefix, gateway } of subnets) {
    require(isPrefix(prefix, 8, 29) && holds(prefix, gateway), 'subnets')
  }
  for (const each of interfaces) checkInterface(each, subnets)
  require(balancing.length <= BALANCING_MAX, 'balancing')
  const addresses = new Set(interfaces.map(({ address }) => address))
  for (const one of balancing) checkBalancing(one, addresses)
  for (const { address, members } of exits)
    require(isIPv4(address) && members.every((one) => addresses.has(one)), 'exits')
  if (bridge !== null) checkBridge(bridge, subnets, addresses)
  for (const key of ['machine', 'mac', 'address'] as const)
    require(new Set(interfaces.map((one) => one[key])).size === interfaces.length, key)
}

function checkInterface(one: InterfacePlan, subnets: readonly SubnetPlan[]): void {
  require(NETWORK_ID.test(one.machine), 'machine')
  require(MAC.test(one.mac), 'mac')
  require(subnetOf(subnets, one.address) !== null, 'address')
  require(one.name === null || LABEL.test(one.name), 'name')
  require(one.publicAddress === null || isIPv4(one.publicAddress), 'publicAddress')
  for (const { hostPort, guestPort } of one.forwards)
    require(isPort(hostPort, 1) && isPort(guestPort, 1), 'forwards')
  const rules = [...one.inbound, ...one.outbound].flat()
  require(rules.length <= RULES_MAX, 'rules')
  rules.forEach(checkRule)
}

function checkBridge(
  { name, vlan, router }: BridgePlan,
  subnets: readonly SubnetPlan[],
  addresses: ReadonlySet<string>,
): void {
  require(/^[A-Za-z0-9][\w.-]{0,14}$/.test(name), 'bridge.name')
  require(vlan === null || (Number.isInteger(vlan) && vlan >= 1 && vlan <= 4094), 'bridge.vlan')
  const [subnet, ...others] = subnets
  require(others.length === 0 && subnet !== undefined, 'bridge')
  const isOthers = holds(subnet!.prefix, router) && router !== subnet!.gateway
  require(isOthers && !addresses.has(router), 'bridge.router')
}

function checkBalancing(one: BalancingPlan, addresses: ReadonlySet<string>): void {
  require(isIPv4(one.address) && !addresses.has(one.address), 'balancing.address')
  require(['tcp', 'udp'].includes(one.protocol), 'balancing.protocol')
  require(isPort(one.port, 1) && isPort(one.backendPort, 1), 'balancing.port')
  require(one.members.every((member) => addresses.has(member)), 'balancing.members')
  if (one.probe === null) return
  const { protocol, port, path, intervalSeconds, threshold } = one.probe
  require(['tcp', 'http', 'https'].includes(protocol) && isPort(port, 1), 'balancing.probe')
  require(/^\/[\x21-\x7e]{0,2047}$/.test(path), 'balancing.probe')
  require(intervalSeconds >= 1 && threshold >= 1, 'balancing.probe')
}

function checkRule({ protocol, from, to, fromPorts, toPorts }: Rule): void {
  require([null, 'tcp', 'udp', 'icmp', 'esp', 'ah'].includes(protocol), 'rules.protocol')
  for (const places of [from, to])
    for (const prefix of places?.prefixes ?? []) require(isPrefix(prefix, 0, 32), 'rules.prefixes')
  for (const ports of [fromPorts, toPorts])
    for (const [first, last] of ports ?? [])
      require(isPort(first, 0) && isPort(last, first), 'rules.ports')
}

/** The subnet that an address is of. */
export function subnetOf(subnets: readonly SubnetPlan[], address: string): SubnetPlan | null {
  return subnets.find(({ prefix }) => holds(prefix, address)) ?? null
}

/** Whether an address lies in a prefix; what is none lies in none. */
export function holds(prefix: string, address: string): boolean {
  if (!isIPv4(address)) return false
  const [base = '', length = ''] = prefix.split('/')
  return ((numberOf(base) ^ numberOf(address)) & maskOf(Number(length))) === 0
}

/** `255.255.255.0` */
export function netmaskOf(prefix: string): string {
  return formatAddress(maskOf(Number(prefix.split('/')[1])))
}

/** The address that is this number of 32 bits. */
export function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

/** Whether it is one, and its length within those. */
export function isPrefix(prefix: string, shortest: number, longest: number): boolean {
  const [, base = '', digits = ''] = /^([0-9.]+)\/([0-9]{1,2})$/.exec(prefix) ?? []
  const length = Number(digits)
  if (!isIPv4(base) || length < shortest || length > longest) return false
  return (numberOf(base) & ~maskOf(length)) === 0
}

/** An address as a number of 32 bits. */
export function numberOf(address: string): number {
  return address.split('.').reduce((number, octet) => (number << 8) | Number(octet), 0)
}

function maskOf(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length)
}

function isPort(port: number, least: number): boolean {
  return Number.isInteger(port) && port >= least && port <= 65_535
}

function require(holds: boolean, field: string): void {
  if (!holds) throw new NetworkError('network-bad-plan', field)
}
