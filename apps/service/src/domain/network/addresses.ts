import { ArmError, keyOf } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { bridgeOf } from './host-bridge.ts'
import { formatAddress, isWithin, type Prefix, parseAddress, parsePrefix, sizeOf } from './ipv4.ts'

/** Azure keeps the first four of a subnet (network, router, two for names) and the last (broadcast). */
const RESERVED_FIRST = 4
const RESERVED_LAST = 1

/** The stretch of a subnet, of IPv4; null: it has none that this is about. */
export function prefixOf({ properties }: Pick<Resource, 'properties'>): Prefix | null {
  const [first] = listIn(properties.addressPrefixes)
  const text = textAt(properties, 'addressPrefix') ?? first
  return typeof text === 'string' ? parsePrefix(text) : null
}

/** The address of a subnet's router, its first. */
export function routerOf({ base }: Prefix): string {
  return formatAddress(base + 1)
}

/**
 * The address that a configuration of an interface or a balancer has in a subnet from now on: the one it asks for, the one it had, or
 * one that is nobody's. Whose an address is stays written down; it is free again once that interface is gone or has another.
 * @throws {ArmError} in Azure's words: not in the subnet, kept by the platform, somebody else's, or none is left.
 */
export async function addressFor(
  tables: Pick<Tables, 'resources' | 'values'>,
  subnet: Resource,
  prefix: Prefix,
  owner: string,
  wanted: { readonly fixed: string | null; readonly had: string | null },
): Promise<string> {
  const { fixed } = wanted
  const stretch = await stretchOf(tables, subnet, prefix)
  if (fixed !== null) return take(tables, subnet, prefix, stretch, owner, fixed)
  const had = wanted.had === null ? null : parseAddress(wanted.had)
  if (had !== null && isAssignable(had, stretch) && (await isFree(tables, subnet, had, owner)))
    return claim(tables, subnet, had, owner)
  const found = await nextFree(tables, subnet, prefix, stretch, owner)
  return claim(tables, subnet, found, owner)
}

async function take(
  tables: Pick<Tables, 'resources' | 'values'>,
  subnet: Resource,
  prefix: Prefix,
  stretch: Stretch,
  owner: string,
  text: string,
): Promise<string> {
  const address = parseAddress(text)
  if (address === null || !isWithin(address, prefix))
    refuse(
      'PrivateIPAddressNotInSubnet',
      `Private static IP address ${text} does not belong to the range of subnet prefix ${formatAddress(prefix.base)}/${prefix.length}.`,
    )
  if (!isAssignable(address, stretch))
    refuse(
      'PrivateIPAddressInReservedRange',
      `Private static IP address ${text} falls within reserved IP range of subnet prefix ${formatAddress(prefix.base)}/${prefix.length}.`,
    )
  if (!(await isFree(tables, subnet, address, owner)))
    refuse(
      'PrivateIPAddressInUse',
      `IP configuration ${owner} is requesting private IP address ${text}, which is already in use.`,
    )
  return claim(tables, subnet, address, owner)
}

/** From where the last one was found, once around. */
async function nextFree(
  tables: Pick<Tables, 'resources' | 'values'>,
  subnet: Resource,
  prefix: Prefix,
  { first, last }: Stretch,
  owner: string,
): Promise<number> {
  const count = last - first + 1
  const begin = Number(textOf(await tables.values.get(nextName(subnet))) ?? 0)
  for (let i = 0; i < count; i++) {
    const place = (begin + i) % count
    const address = first + place
    if (!(await isFree(tables, subnet, address, owner))) continue
    await tables.values.put(nextName(subnet), new TextEncoder().encode(String(place + 1)))
    return address
  }
  return refuse(
    'SubnetIsFull',
    `Subnet ${subnet.name} with address prefix ${formatAddress(prefix.base)}/${prefix.length} does not have enough capacity for 1 IP addresses.`,
  )
}

/** Nobody's, its owner's own, or that of an interface or balancer that is gone or has another by now. */
async function isFree(
  { resources, values }: Pick<Tables, 'resources' | 'values'>,
  subnet: Resource,
  address: number,
  owner: string,
): Promise<boolean> {
  const holder = textOf(await values.get(nameOf(subnet, address)))
  if (holder === null || holder === keyOf(owner)) return true
  const [, of = '', part, name] = /^(.*)\/((?:frontend)?ipconfigurations)\/(.*)$/.exec(holder)!
  const row = await resources.get(of)
  if (row === null) return true
  const member = part === 'ipconfigurations' ? 'ipConfigurations' : 'frontendIPConfigurations'
  const held = listIn(at(row.properties, member)).find(
    (one) => keyOf(textAt(one, 'name') ?? '') === name,
  )
  return held === undefined || !isAt(held, subnet, address)
}

function isAt(configuration: Json, subnet: Resource, address: number): boolean {
  const of = (...path: string[]) => textAt(configuration, 'properties', ...path) ?? ''
  return (
    of('privateIPAddress') === formatAddress(address) &&
    keyOf(of('subnet', 'id')) === keyOf(subnet.id)
  )
}

async function claim(
  { values }: Pick<Tables, 'values'>,
  subnet: Resource,
  address: number,
  owner: string,
): Promise<string> {
  await values.put(nameOf(subnet, address), new TextEncoder().encode(keyOf(owner)))
  return formatAddress(address)
}

/** Addresses that are given, both ends included. */
interface Stretch {
  readonly first: number
  readonly last: number
}

/** Those of a subnet that the platform does not keep; of one on a bridge of the host those that its operator named, but for the host's. */
async function stretchOf(
  { resources }: Pick<Tables, 'resources'>,
  { parentId }: Resource,
  prefix: Prefix,
): Promise<Stretch> {
  const network = parentId === null ? null : await resources.get(parentId)
  const bridge = network === null ? null : bridgeOf(network)
  const [address, lastAddress] = [bridge?.address, bridge?.lastAddress].map((one) =>
    one === undefined ? null : parseAddress(one),
  )
  if (address != null && lastAddress != null) return { first: address + 1, last: lastAddress }
  const end = prefix.base + sizeOf(prefix) - RESERVED_LAST
  return { first: prefix.base + RESERVED_FIRST, last: end - 1 }
}

function isAssignable(address: number, { first, last }: Stretch): boolean {
  return address >= first && address <= last
}

function nameOf(subnet: Resource, address: number): string {
  return `address/${keyOf(subnet.id)}/${formatAddress(address)}`
}

function nextName(subnet: Resource): string {
  return `address-next/${keyOf(subnet.id)}`
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

function refuse(code: string, message: string): never {
  throw new ArmError({ status: 400, code, message })
}
