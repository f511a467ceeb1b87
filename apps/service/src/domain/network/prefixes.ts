import { isIPv6 } from 'node:net'
import { ArmError, faults } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, JsonObject, Resource } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import {
  covers,
  formatAddress,
  overlap,
  type Prefix,
  parseAddress,
  parsePrefix,
  sizeOf,
} from './ipv4.ts'

/** What a host makes of a network. */
const SUBNETS_MAX = 64
const LENGTH_MIN = 8
const LENGTH_MAX = 29

/**
 * A network's address space is read, and each of its subnets is a stretch of it, apart from the others: of one that is
 * not read no group would be enforced. @throws {ArmError} `InvalidAddressPrefixFormat`, `InvalidCIDRNotation`,
 * `NetcfgInvalidSubnet`, `NetcfgSubnetRangesOverlap`; `OperationNotAllowed` of more subnets than its host makes.
 */
export function requirePrefixes(network: string, properties: JsonObject): void {
  const space = listIn(at(properties, 'addressSpace', 'addressPrefixes')).map((one) =>
    readPrefix(network, one),
  )
  const subnets = listIn(properties.subnets)
  if (subnets.length > SUBNETS_MAX)
    throw new ArmError(
      faults.operationNotAllowed(`A network has ${SUBNETS_MAX} subnets at most.`, 'subnets'),
    )
  const named = subnets.map((one) => {
    const name = textAt(one, 'name') ?? ''
    return { name, prefix: subnetPrefix(network, name, at(one, 'properties') ?? null, space) }
  })
  for (const [i, one] of named.entries())
    for (const other of named.slice(0, i))
      if (overlap(one.prefix, other.prefix))
        refuse(
          'NetcfgSubnetRangesOverlap',
          `Subnet '${one.name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${other.name}'.`,
          `subnets.${one.name}`,
        )
}

function subnetPrefix(
  network: string,
  name: string,
  properties: Json,
  space: readonly Prefix[],
): Prefix {
  const target = `subnets.${name}`
  const named = [at(properties, 'addressPrefix'), ...listIn(at(properties, 'addressPrefixes'))]
  const [text, ...others] = new Set(named.filter((one) => one != null))
  if (text === undefined) throw new ArmError(faults.missingParameter(`${target}.addressPrefix`))
  const prefix = readPrefix(`${network}/subnets/${name}`, text)
  const isMade = prefix.length >= LENGTH_MIN && prefix.length <= LENGTH_MAX
  if (others.length > 0) throw invalidSubnet(network, name, 'It has one prefix here.')
  if (!isMade)
    throw invalidSubnet(network, name, `Its prefix has ${LENGTH_MIN} to ${LENGTH_MAX} bits.`)
  if (!space.some((one) => covers(one, prefix)))
    throw invalidSubnet(network, name, "Its prefix is of the network's address space.")
  return prefix
}

/** Nobody is in a subnet, kept since before it was asked, whose prefix is not read. */
export function unreadSubnet({ name, parentId }: Resource): ArmError {
  return invalidSubnet(parentId ?? '', name, 'Its prefix is none.')
}

function invalidSubnet(network: string, name: string, why: string): ArmError {
  const of = network.slice(network.lastIndexOf('/') + 1)
  return new ArmError({
    status: 400,
    code: 'NetcfgInvalidSubnet',
    message: `Subnet '${name}' is not valid in virtual network '${of}'. ${why}`,
    target: `subnets.${name}`,
  })
}

function readPrefix(resource: string, given: Json): Prefix {
  const text = String(given).slice(0, 80)
  const prefix = parsePrefix(text)
  if (prefix !== null) return prefix
  const [, address = '', digits = ''] = /^(.*)\/(\d{1,2})$/.exec(text) ?? []
  const [number, length] = [parseAddress(address), Number(digits)]
  if (number !== null && length <= 32) {
    const base = number - (number % sizeOf({ length }))
    refuse(
      'InvalidCIDRNotation',
      `The address prefix ${text} in resource ${resource} has an invalid CIDR notation. For the given prefix length, the address prefix should be ${formatAddress(base)}/${length}.`,
    )
  }
  const why = isIPv6(text.split('/')[0]!)
    ? 'is of IPv6, which no network here has.'
    : 'is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.'
  return refuse(
    'InvalidAddressPrefixFormat',
    `Address prefix ${text} of resource ${resource} ${why}`,
  )
}

function refuse(code: string, message: string, target?: string): never {
  throw new ArmError({ status: 400, code, message, ...(target !== undefined && { target }) })
}
