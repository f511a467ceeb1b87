import { createHash } from 'node:crypto'
import { ArmError, keyOf } from '@trusted-launch/api'
import { balancerIdOf } from '../balancer/balancer.ts'
import { balancersOf, balancingOf, type Member } from '../balancer/balancing.ts'
import { everyOf } from '../every-of.ts'
import { listIn } from '../links.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { INTERFACE_TYPES } from '../vm/interfaces.ts'
import { at, stateOf, textAt } from '../vm/vm.ts'
import { prefixOf, routerOf } from './addresses.ts'
import { bridgeOf } from './host-bridge.ts'
import { formatAddress, isWithin, type Prefix, parseAddress } from './ipv4.ts'
import type { InterfacePlan, NetworkPlan, PassageRule } from './network-plan.ts'
import { isStandard, publicAddressOf } from './public-addresses.ts'
import { type Direction, letsIn, letsOut, passageOf } from './security-rules.ts'

type There = Pick<Tables, 'resources'>

const SUBNET = 'Microsoft.Network/virtualNetworks/subnets'
const SSH = 22

/** A VM's part in its network. */
export interface NetworkPart {
  /** The network's id on its host. */
  readonly network: string
  readonly prefix: string
  readonly router: string
  readonly address: string
  /** Whether its groups let its host's SSH in, and anything out. */
  readonly letsSshIn: boolean
  readonly letsOut: boolean
}

/** What a host calls a virtual network. */
export function hostNetworkOf(networkId: string): string {
  return `net-${createHash('sha256').update(keyOf(networkId)).digest('hex').slice(0, 16)}`
}

/** The virtual network of an interface; null: its configuration names none. */
export function networkIdOf(nic: Pick<Resource, 'properties'>): string | null {
  const subnet = textAt(configurationOf(nic), 'properties', 'subnet', 'id')
  return subnet === null ? null : subnet.split('/').slice(0, -2).join('/')
}

/** The interface that a VM has on its host. */
export async function interfaceOf({ resources }: There, vm: Resource): Promise<Resource | null> {
  const named = listIn(at(vm.properties, 'networkProfile', 'networkInterfaces'))
  const { macAddress } = stateOf(vm)
  for (const one of named) {
    const nic = await resources.get(textAt(one, 'id') ?? '')
    if (nic !== null && textAt(nic.state, 'macAddress') === macAddress) return nic
  }
  return null
}

/**
 * A VM's part in its network; null: its interface has no address of a subnet, as before there were any.
 * @throws {ArmError} `SecurityRuleCannotBeEnforced`: nor would the groups be enforced that are named there.
 */
export async function partOf(there: There, vm: Resource): Promise<NetworkPart | null> {
  const nic = await interfaceOf(there, vm)
  const place = nic === null ? null : await placeOf(there, nic)
  if (nic !== null && place === null) await requireNoGroup(there, nic)
  if (nic === null || place === null) return null
  const groups = await groupsOf(there, nic, place.subnet)
  const inbound = groups.map((group) => passageOf(group, 'Inbound', place.prefixes))
  return {
    network: hostNetworkOf(place.network.id),
    prefix: textOf(place.prefix),
    router: routerIn(place.network, place.prefix),
    address: place.address,
    letsSshIn: letsIn(inbound, routerIn(place.network, place.prefix), SSH),
    letsOut: groups.every((group) => letsOut(group) !== 'none'),
  }
}

/** A virtual network as its host is to have it: with every VM that has its part in it. Null: it is gone. */
export async function networkPlanOf(there: There, networkId: string): Promise<NetworkPlan | null> {
  const network = await there.resources.get(networkId)
  if (network === null) return null
  const interfaces: InterfacePlan[] = []
  const members: Member[] = []
  for await (const nic of interfacesIn(there, networkId)) {
    const planned = await interfacePlanOf(there, nic)
    if (planned === null) continue
    interfaces.push(planned)
    members.push({ configuration: configurationOf(nic), address: planned.address })
  }
  const subnets: NetworkPlan['subnets'][number][] = []
  for await (const subnet of everyOf(there, { type: SUBNET, parentId: networkId })) {
    const prefix = prefixOf(subnet)
    if (prefix !== null)
      subnets.push({ prefix: textOf(prefix), gateway: routerIn(network, prefix) })
  }
  const spread = await balancingOf(there, members)
  const on = bridgeOf(network)
  const bridge = on === null ? null : { name: on.link, vlan: on.vlan, router: on.router }
  return { id: hostNetworkOf(networkId), subnets, interfaces, ...spread, bridge }
}

/** Where a subnet's VMs send what goes elsewhere, and ask for addresses and names. */
function routerIn(network: Resource, prefix: Prefix): string {
  return bridgeOf(network)?.address ?? routerOf(prefix)
}

/** The interfaces that have a place in a network. */
export async function* interfacesIn(there: There, networkId: string): AsyncGenerator<Resource> {
  for (const type of INTERFACE_TYPES)
    yield* everyOf(there, { type, naming: `${networkId}/subnets/` })
}

/** The configuration of an interface that its host gives it. */
export function configurationOf(nic: Pick<Resource, 'properties'>): JsonObject {
  const [first] = listIn(at(nic.properties, 'ipConfigurations'))
  return (first ?? {}) as JsonObject
}

async function interfacePlanOf(there: There, nic: Resource): Promise<InterfacePlan | null> {
  const vm = await there.resources.get(textAt(nic.state, 'virtualMachine', 'id') ?? '')
  const place = await placeOf(there, nic)
  if (vm === null || place === null) return null
  const { machine, macAddress, sshPort } = stateOf(vm)
  if (textAt(nic.state, 'macAddress') !== macAddress) return null
  const groups = await groupsOf(there, nic, place.subnet)
  const configuration = configurationOf(nic)
  const outside = await publicAddressOf(there, configuration)
  const balancers = await balancersOf(there, [configuration])
  // As Azure's: what is of the Standard kind is closed until a group opens it.
  const isClosed = [outside?.resource, ...balancers].some(isStandard)
  if (isClosed && groups.length === 0) groups.push(CLOSED)
  const through = (way: Direction): PassageRule[][] =>
    groups.map((group) => passageOf(group, way, place.prefixes))
  const label = (textAt(vm.properties, 'osProfile', 'computerName') ?? vm.name).toLowerCase()
  return {
    machine,
    mac: macAddress.replaceAll('-', ':').toLowerCase(),
    address: place.address,
    name: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label) ? label : null,
    inbound: through('Inbound'),
    outbound: through('Outbound'),
    forwards: sshPort === null ? [] : [{ hostPort: sshPort, guestPort: SSH }],
    publicAddress: outside?.address ?? null,
  }
}

async function requireNoGroup({ resources }: There, nic: Resource): Promise<void> {
  const subnet = textAt(configurationOf(nic), 'properties', 'subnet', 'id')
  const all = [nic, subnet === null ? null : await resources.get(subnet)]
  if (all.every((one) => textAt(one?.properties, 'networkSecurityGroup', 'id') === null)) return
  throw new ArmError({
    status: 409,
    code: 'SecurityRuleCannotBeEnforced',
    message: `The network interface ${nic.id} has no address of a subnet whose prefix is read, so that nothing here would enforce its security group: put its subnet and then it again.`,
    target: nic.id,
  })
}

interface InterfacePlace {
  readonly network: Resource
  readonly subnet: Resource
  readonly prefix: Prefix
  readonly address: string
  /** Of the whole network. */
  readonly prefixes: readonly string[]
}

async function placeOf({ resources }: There, nic: Resource): Promise<InterfacePlace | null> {
  const configuration = configurationOf(nic)
  const text = textAt(configuration, 'properties', 'privateIPAddress') ?? ''
  const subnet = await resources.get(textAt(configuration, 'properties', 'subnet', 'id') ?? '')
  const network = subnet === null ? null : await resources.get(subnet.parentId ?? '')
  if (subnet === null || network === null) return null
  const [prefix, address] = [prefixOf(subnet), parseAddress(text)]
  if (prefix === null || address === null || !isWithin(address, prefix)) return null
  const spaces = listIn(at(network.properties, 'addressSpace', 'addressPrefixes')).map(String)
  return {
    network,
    subnet,
    prefix,
    address: text,
    prefixes: [textOf(prefix), ...spaces.filter((one) => one !== textOf(prefix))],
  }
}

/** A group without rules of its own: nobody from outside is let in. */
const CLOSED: Pick<Resource, 'properties'> = { properties: {} }

/** The groups of an interface and its subnet: each has to let pass. One that is not there is closed. */
async function groupsOf(
  { resources }: There,
  nic: Resource,
  subnet: Resource,
): Promise<Pick<Resource, 'properties'>[]> {
  const ids = [subnet, nic].map((one) => textAt(one.properties, 'networkSecurityGroup', 'id'))
  const named = ids.filter((id) => id !== null)
  return Promise.all(named.map(async (id) => (await resources.get(id)) ?? CLOSED))
}

function textOf({ base, length }: Prefix): string {
  return `${formatAddress(base)}/${length}`
}

/** The virtual networks that a group, interface, subnet, balancer or network has to do with, by their ids. */
export async function networksNaming(there: There, asked: string): Promise<string[]> {
  const found = new Set<string>()
  const isBalancers = /\/loadBalancers\//i.test(asked)
  const id = isBalancers ? `${balancerIdOf(asked)}/` : asked
  const network = /^.*\/virtualNetworks\/[^/]+/i.exec(id)
  if (network !== null) found.add(network[0])
  const own = await there.resources.get(id)
  const itself = own === null ? null : networkIdOf(own)
  if (itself !== null) found.add(itself)
  for (const type of INTERFACE_TYPES)
    for await (const nic of everyOf(there, { type, naming: id })) {
      const of = networkIdOf(nic)
      if (of !== null) found.add(of)
    }
  for await (const subnet of everyOf(there, { type: SUBNET, naming: id }))
    if (subnet.parentId !== null) found.add(subnet.parentId)
  return [...found]
}

/** The VMs whose groups a security group is, by their interface or its subnet. */
export async function machinesBehind(there: There, groupId: string): Promise<Resource[]> {
  const subnets: string[] = [groupId]
  for await (const subnet of everyOf(there, { type: SUBNET, naming: groupId }))
    subnets.push(subnet.id)
  const ids = new Set<string>()
  for (const naming of subnets)
    for (const type of INTERFACE_TYPES)
      for await (const nic of everyOf(there, { type, naming })) {
        const vm = textAt(nic.state, 'virtualMachine', 'id')
        if (vm !== null) ids.add(vm)
      }
  const found = await Promise.all([...ids].map((id) => there.resources.get(id)))
  return found.filter((vm) => vm !== null)
}
