import { ArmError, faults } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { listIn } from '../links.ts'
import type { NetworkRules } from '../security-groups.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { changeRefused } from '../vm/fixed.ts'
import { at, textAt } from '../vm/vm.ts'
import { formatAddress, isWithin, type Prefix, parseAddress, parsePrefix, sizeOf } from './ipv4.ts'

/** A bridge of the host that its operator lets a virtual network be on, and the addresses there that are its. */
export interface AllowedBridge {
  /** `br0`, `br0:20`: what a network asks for. */
  readonly bridge: string
  /** `br0`: what it is called on the host. */
  readonly link: string
  /** The tag of its frames, 1 to 4094; null: they have none. */
  readonly vlan: number | null
  readonly prefix: string
  /** Of that network, where what goes elsewhere is sent. */
  readonly router: string
  /** The host's own there, whom its VMs ask for addresses and names; those after it, up to the last, are its VMs'. */
  readonly address: string
  readonly lastAddress: string
}

const NETWORK = 'Microsoft.Network/virtualNetworks'
const PATH = 'trustedLaunch.bridge'
const FORM = /^([A-Za-z0-9][\w.-]{0,14})(?::(\d{1,4}))?=([\d.]+)\/(\d{1,2}),([\d.]+)-([\d.]+)$/
const VLAN_MAX = 4094

/** `br0:20=192.168.7.1/24,192.168.7.64-192.168.7.127`: a bridge, its tag, its router and prefix, the addresses that are ours. @throws {TypeError} */
export function parseBridge(text: string): AllowedBridge {
  const no = (why: string) => new TypeError(`${text} is no bridge: ${why}`)
  const found = FORM.exec(text)
  if (found === null) throw no('NAME[:VLAN]=ROUTER/LENGTH,FIRST-LAST')
  const [, link = '', tag, router = '', length = '', first = '', last = ''] = found
  const vlan = tag === undefined ? null : Number(tag)
  if (vlan !== null && (vlan < 1 || vlan > VLAN_MAX)) throw no(`a VLAN is 1 to ${VLAN_MAX}`)
  const numbers = [router, first, last].map(parseAddress)
  const [ofRouter, from, to] = numbers
  if (ofRouter == null || from == null || to == null) throw no('no addresses of IPv4')
  const size = 2 ** (32 - Number(length))
  const prefix = parsePrefix(`${formatAddress(ofRouter - (ofRouter % size))}/${length}`)
  if (prefix === null || prefix.length < 8 || prefix.length > 29) throw no('8 to 29 bits long')
  const isUsable = (address: number) =>
    isWithin(address, prefix) && address > prefix.base && address < prefix.base + sizeOf(prefix) - 1
  if (![ofRouter, from, to].every(isUsable)) throw no(`not all of ${textOf(prefix)}`)
  if (from >= to) throw no('two addresses at least: one is the host’s')
  if (ofRouter >= from && ofRouter <= to) throw no('its router is among the addresses')
  const bridge = vlan === null ? link : `${link}:${vlan}`
  return {
    ...{ bridge, link, vlan, router, prefix: textOf(prefix) },
    ...{ address: first, lastAddress: last },
  }
}

/** The bridge that a network is on; null: none. */
export function bridgeOf({ state }: Pick<Resource, 'state'>): AllowedBridge | null {
  return (state.trustedLaunch as unknown as AllowedBridge | undefined) ?? null
}

/**
 * The bridge that a network is on from its beginning: one that the operator allows, of one network, which has that
 * prefix. @throws {ArmError}
 */
export async function bridgeFor(
  tables: Pick<Tables, 'resources'>,
  rules: NetworkRules,
  id: string,
  properties: JsonObject,
  existing: Resource | null,
): Promise<AllowedBridge | null> {
  const had = existing === null ? null : bridgeOf(existing)
  const name = textAt(properties, 'trustedLaunch', 'bridge') ?? had?.bridge ?? null
  if (existing !== null && name !== (had?.bridge ?? null)) throw new ArmError(changeRefused(PATH))
  if (name === null) return null
  const bridge = had ?? (await allowed(tables, rules, id, name))
  requirePrefix(bridge, listIn(at(properties, 'addressSpace', 'addressPrefixes')).map(String))
  for (const one of listIn(properties.subnets)) requireSubnetOf(bridge, at(one, 'properties') ?? {})
  return bridge
}

async function allowed(
  tables: Pick<Tables, 'resources'>,
  { bridges = [], noNetworks }: NetworkRules,
  id: string,
  name: string,
): Promise<AllowedBridge> {
  const lacks = noNetworks()
  if (lacks !== null) throw refused(`This host makes no networks (${lacks}).`)
  const found = bridges.find(({ bridge }) => bridge === name)
  if (found === undefined)
    throw refused(
      `No network is on the bridge '${name.slice(0, 80)}': the host's operator allows one with tl up --bridge NAME[:VLAN]=ROUTER/LENGTH,FIRST-LAST.`,
    )
  for await (const other of everyOf(tables, { type: NETWORK }))
    if (bridgeOf(other)?.bridge === name && other.id.toLowerCase() !== id.toLowerCase())
      throw refused(`The bridge '${name}' is that of ${other.id}: its addresses are one network's.`)
  return found
}

/** @throws {ArmError} it has another prefix than what is on the bridge. */
export function requireSubnetOf(bridge: AllowedBridge, properties: unknown): void {
  const of = properties as JsonObject
  const prefixes = [textAt(of, 'addressPrefix'), ...listIn(of.addressPrefixes)]
  requirePrefix(bridge, prefixes.filter((one) => one !== null).map(String))
}

function requirePrefix({ bridge, prefix }: AllowedBridge, prefixes: readonly string[]): void {
  if (new Set(prefixes).size === 1 && prefixes[0] === prefix) return
  throw refused(`A network on the bridge '${bridge}' has the prefix ${prefix}, and no other one.`)
}

/** What would be reached past its router. @throws {ArmError} */
export function requireNothingOutside(
  bridge: AllowedBridge | null,
  configuration: JsonObject,
): void {
  if (bridge === null) return
  const { publicIPAddress, loadBalancerBackendAddressPools, loadBalancerInboundNatRules } =
    (configuration.properties ?? {}) as JsonObject
  const joined = [
    ...listIn(loadBalancerBackendAddressPools),
    ...listIn(loadBalancerInboundNatRules),
  ]
  if (publicIPAddress == null && joined.length === 0) return
  throw refused(
    `A VM on the bridge '${bridge.bridge}' is reached under its own address: it has no public one, and is no load balancer's member.`,
  )
}

function refused(message: string): ArmError {
  return new ArmError(faults.operationNotAllowed(message, PATH))
}

function textOf({ base, length }: Prefix): string {
  return `${formatAddress(base)}/${length}`
}
