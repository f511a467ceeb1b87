import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { BALANCER } from '../balancer/balancer.ts'
import { everyOf } from '../every-of.ts'
import { listIn, missingReference } from '../links.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { NetworkRules } from '../security-groups.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { INTERFACE } from '../vm/interfaces.ts'
import { at, textAt } from '../vm/vm.ts'
import { publicAddressFor } from './public-pool.ts'

export const PUBLIC_ADDRESS = 'Microsoft.Network/publicIPAddresses'

/** RFC 1123, as Azure has it. */
const LABEL = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/
const METHODS = ['Static', 'Dynamic']

/**
 * A public address is one that is routed to the host, or there is none: nothing is kept that nothing would come to.
 * What a label comes to is a name that nobody resolves.
 * @see RFC 6761 §6.4
 */
export function publicAddressPlanning(rules: NetworkRules) {
  return async (
    id: string,
    { properties }: Wanted,
    existing: Resource | null,
    { location, tables }: Moment,
  ): Promise<Plan> => {
    requireOffered(properties)
    const had = existing === null ? null : textAt(existing.state, 'ipAddress')
    if (had === null) requirePool(rules)
    const ipAddress = await publicAddressFor(tables, rules.publicPool, id, had)
    const { ipAddress: _, ...kept } = properties
    const method = textAt(properties, 'publicIPAllocationMethod') ?? 'Dynamic'
    return {
      properties: { publicIPAddressVersion: 'IPv4', ...kept, publicIPAllocationMethod: method },
      state: { ipAddress, ...namedOf(properties, location) },
      work: null,
    }
  }
}

/** @throws {ArmError} what would be another address than one of the host's, or none. */
function requireOffered(properties: JsonObject): void {
  const method = textAt(properties, 'publicIPAllocationMethod') ?? 'Dynamic'
  if (!METHODS.includes(method))
    throw new ArmError(faults.invalidParameter('publicIPAllocationMethod'))
  if ((textAt(properties, 'publicIPAddressVersion') ?? 'IPv4') !== 'IPv4')
    throw new ArmError(faults.invalidParameter('publicIPAddressVersion'))
  for (const member of ['publicIPPrefix', 'natGateway', 'linkedPublicIPAddress'])
    if (at(properties, member) !== undefined) throw new ArmError(faults.invalidParameter(member))
}

function requirePool({ noNetworks, publicPool }: NetworkRules): void {
  const lacks = noNetworks()
  if (lacks === null && publicPool.length > 0) return
  const why =
    lacks === null
      ? "its operator wants none given ('tl up --no-public-pool')"
      : `this host makes no networks (${lacks})`
  throw new ArmError({
    status: 409,
    code: 'PublicIPAddressPoolMissing',
    message: `This installation has no public addresses to give: ${why}. A virtual machine is reached through its host without one. Leave it out of templates; for 'az vm create' say --public-ip-address "".`,
  })
}

function namedOf(properties: JsonObject, location: string): JsonObject {
  const label = textAt(properties, 'dnsSettings', 'domainNameLabel')
  if (label === null) return {}
  if (!LABEL.test(label)) throw new ArmError(faults.invalidParameter('dnsSettings.domainNameLabel'))
  const named = at(properties, 'dnsSettings') as JsonObject
  return { dnsSettings: { ...named, fqdn: `${label}.${location}.invalid` } }
}

/** As clients see it: a dynamic one tells its address once something has it. */
export async function publicAddressView(
  { id, properties, state, provisioningState }: Resource,
  there: Pick<Tables, 'resources'>,
): Promise<JsonObject> {
  const holder = await holderOf(there, id)
  const { ipAddress, ...rest } = state
  const isTold = holder !== null || properties.publicIPAllocationMethod !== 'Dynamic'
  return {
    ...{ ...properties, ...rest, provisioningState },
    ...(isTold && ipAddress !== undefined && { ipAddress }),
    ...(holder !== null && { ipConfiguration: { id: holder } }),
  }
}

const HOLDERS = [
  [INTERFACE, 'ipConfigurations'],
  [BALANCER, 'frontendIPConfigurations'],
] as const

/** The configuration of an interface or a balancer that has a public address; null: none has. */
export async function holderOf(
  there: Pick<Tables, 'resources'>,
  address: string,
): Promise<string | null> {
  for (const [type, member] of HOLDERS)
    for await (const { properties } of everyOf(there, { type, naming: address }))
      for (const one of listIn(at(properties, member)))
        if (keyOf(textAt(one, 'properties', 'publicIPAddress', 'id') ?? '') === keyOf(address))
          return textAt(one, 'id')
  return null
}

/** What a configuration of an interface or a balancer names is there, and its alone. @throws {ArmError} `PublicIPAddressInUse` */
export async function requirePublicAddress(
  there: Pick<Tables, 'resources'>,
  view: JsonObject,
  index = 0,
): Promise<void> {
  const address = textAt(view, 'properties', 'publicIPAddress', 'id')
  if (address === null) return
  const configuration = String(view.id)
  if ((await there.resources.get(address)) === null) throw missingReference(address, configuration)
  if (index > 0)
    throw new ArmError(
      faults.operationNotAllowed(
        'Only the first configuration of an interface can have a public address here.',
        `ipConfigurations[${index}].publicIPAddress`,
      ),
    )
  const holder = await holderOf(there, address)
  if (holder === null || keyOf(holder) === keyOf(configuration)) return
  throw new ArmError({
    status: 400,
    code: 'PublicIPAddressInUse',
    message: `Resource ${configuration} is referencing public IP address ${address} that is already allocated to resource ${holder}.`,
  })
}

/** What an interface's configuration has for itself outside; null: nothing. */
export async function publicAddressOf(
  { resources }: Pick<Tables, 'resources'>,
  configuration: JsonObject | null,
): Promise<{ readonly address: string; readonly resource: Resource } | null> {
  const id = textAt(configuration, 'properties', 'publicIPAddress', 'id')
  const row = id === null ? null : await resources.get(id)
  const address = row === null ? null : textAt(row.state, 'ipAddress')
  return row === null || address === null ? null : { address, resource: row }
}

/** Whether an address or a balancer is of the SKU that is closed without a group. */
export function isStandard(one: Pick<Resource, 'envelope'> | undefined): boolean {
  return textAt(one?.envelope ?? {}, 'sku', 'name') === 'Standard'
}
