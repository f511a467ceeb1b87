import { ArmError, faults, keyOf, parseResourceId } from '@trusted-launch/api'
import { joinLinks, requireJoins } from './balancer/join.ts'
import { everyOf } from './every-of.ts'
import { requireSubnetUnused } from './in-use.ts'
import { type Link, listIn, missingReference, requireMadeName } from './links.ts'
import { addressFor, prefixOf } from './network/addresses.ts'
import { hardwareAddressFor } from './network/hardware-address.ts'
import { bridgeOf, requireNothingOutside } from './network/host-bridge.ts'
import { unreadSubnet } from './network/prefixes.ts'
import { requirePublicAddress } from './network/public-addresses.ts'
import { removeWhole } from './remove-whole.ts'
import type { Moment, Plan, Wanted } from './resource-type.ts'
import type { Json, JsonObject, Resource, Tables } from './store.ts'
import { requireOne } from './vm/interfaces.ts'
import { at, textAt } from './vm/vm.ts'

const SUBNET = 'Microsoft.Network/virtualNetworks/subnets'
const SECURITY_GROUP = 'Microsoft.Network/networkSecurityGroups'

/** Subnets given within a network are resources of their own; those it does not name any more are gone. One that names none keeps them. */
export async function planNetwork(
  id: string,
  { properties }: Wanted,
  existing: Resource | null,
  { tables, at: now }: Moment,
): Promise<Plan> {
  const { subnets } = properties
  if (!Array.isArray(subnets)) {
    const kept = existing?.properties.subnets ?? []
    return { properties: { ...properties, subnets: kept }, work: null }
  }
  const named = subnets.map((subnet) => subnetView(id, subnet))
  for (const subnet of named) {
    await requireSecurityGroup(tables, subnet.properties!, String(subnet.id))
    await putSubnet(tables, id, subnet, now)
  }
  const ids = new Set(named.map((subnet) => keyOf(String(subnet.id))))
  if (existing !== null)
    for await (const one of everyOf(tables, { type: SUBNET, parentId: id }))
      if (!ids.has(keyOf(one.id))) {
        await requireSubnetUnused(tables, one)
        await removeWhole(tables, one.id)
      }
  return { properties: { ...properties, subnets: named }, work: null }
}

function subnetView(network: string, subnet: Json): JsonObject {
  const name = textAt(subnet, 'name')
  if (name === null) throw new ArmError(faults.missingParameter('subnets.name'))
  requireMadeName(name, 'subnets.name')
  const properties = {
    ...(at(subnet, 'properties') as JsonObject | undefined),
    provisioningState: 'Succeeded',
  }
  return { id: `${network}/subnets/${name}`, name, properties }
}

async function putSubnet(
  { resources }: Tables,
  network: string,
  subnet: JsonObject,
  now: number,
): Promise<void> {
  const id = String(subnet.id)
  const properties = subnet.properties as JsonObject
  if ((await resources.get(id)) !== null)
    return void (await resources.update(id, { properties }, now))
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  await resources.insert(
    {
      ...{
        id,
        type: SUBNET,
        name: String(subnet.name),
        subscriptionId: subscriptionId!,
        resourceGroup,
      },
      ...{ parentId: network, location: null, tags: {}, envelope: {}, properties, state: {} },
      ...{ provisioningState: 'Succeeded', createdAt: now },
    },
    now,
  )
}

/** A subnet put by itself is shown in its network as well. */
export async function planSubnet(
  id: string,
  { properties }: Wanted,
  _: Resource | null,
  { tables, at: now }: Moment,
): Promise<Plan> {
  await requireSecurityGroup(tables, properties, id)
  const network = await tables.resources.get(id.split('/').slice(0, -2).join('/'))
  if (network !== null) {
    const view = subnetView(network.id, { name: id.split('/').at(-1)!, properties })
    const others = ((network.properties.subnets ?? []) as readonly JsonObject[]).filter(
      (one) => keyOf(String(one.id)) !== keyOf(id),
    )
    await tables.resources.update(
      network.id,
      { properties: { ...network.properties, subnets: [...others, view] } },
      now,
    )
  }
  return { properties, work: null }
}

/** An interface and its configurations name a security group and subnets that are there; its hardware address is the one asked for, or follows from its id. */
export async function planNetworkInterface(
  id: string,
  { properties }: Wanted,
  existing: Resource | null,
  { tables }: Moment,
): Promise<Plan> {
  const configurations = at(properties, 'ipConfigurations')
  if (!Array.isArray(configurations) || configurations.length === 0)
    throw new ArmError(faults.missingParameter('ipConfigurations'))
  requireOne(configurations, 'ipConfigurations')
  await requireSecurityGroup(tables, properties, id)
  const named: JsonObject[] = []
  for (const [i, one] of configurations.entries()) {
    const subnet = await requireSubnet(tables, textAt(one, 'properties', 'subnet', 'id'), id)
    const view = configurationView(id, one as JsonObject, i)
    const network = subnet.parentId === null ? null : await tables.resources.get(subnet.parentId)
    requireNothingOutside(network === null ? null : bridgeOf(network), view)
    await requirePublicAddress(tables, view, i)
    await requireJoins(tables, view, i)
    named.push(await withAddress(tables, view, subnet, existing))
  }
  const macAddress = await hardwareAddressFor(tables, id, properties, existing)
  const state = { ...existing?.state, macAddress }
  return { properties: { ...properties, ipConfigurations: named }, state, work: null }
}

/** A group that is not there would let everybody in. @throws {ArmError} `InvalidResourceReference` */
async function requireSecurityGroup(
  { resources }: Tables,
  properties: Json,
  from: string,
): Promise<void> {
  const group = textAt(properties, 'networkSecurityGroup', 'id')
  if (group !== null && (await resources.get(group)) === null) throw missingReference(group, from)
}

async function requireSubnet(
  { resources }: Tables,
  subnet: string | null,
  from: string,
): Promise<Resource> {
  if (subnet === null) throw new ArmError(faults.missingParameter('ipConfigurations.subnet'))
  const found = await resources.get(subnet)
  if (found === null) throw missingReference(subnet, from)
  return found
}

/** With the address that is its own in its subnet. */
async function withAddress(
  tables: Tables,
  view: JsonObject,
  subnet: Resource,
  existing: Resource | null,
): Promise<JsonObject> {
  const prefix = prefixOf(subnet)
  if (prefix === null) throw unreadSubnet(subnet)
  const before = listIn(at(existing?.properties ?? {}, 'ipConfigurations')).find(
    (one) => keyOf(textAt(one, 'name') ?? '') === keyOf(textAt(view, 'name') ?? ''),
  )
  const properties = view.properties as JsonObject
  const isStatic = textAt(properties, 'privateIPAllocationMethod')?.toLowerCase() === 'static'
  const asked = textAt(properties, 'privateIPAddress')
  if (isStatic && asked === null)
    throw new ArmError(faults.missingParameter('ipConfigurations.privateIPAddress'))
  const had = textAt(before ?? null, 'properties', 'privateIPAddress')
  const wanted = { fixed: isStatic ? asked : null, had }
  const address = await addressFor(tables, subnet, prefix, String(view.id), wanted)
  return { ...view, properties: { ...properties, privateIPAddress: address } }
}

function configurationView(id: string, one: JsonObject, index: number): JsonObject {
  const properties = {
    privateIPAllocationMethod: 'Dynamic',
    primary: index === 0,
    ...(at(one, 'properties') as JsonObject),
    provisioningState: 'Succeeded',
  }
  return { ...one, id: `${id}/ipConfigurations/${textAt(one, 'name') ?? index}`, properties }
}

/** What an interface joins. */
export function interfaceLinks(one: Json, within = 'properties'): Link[] {
  const properties = at(one, 'properties')
  const configurations = listIn(at(properties ?? null, 'ipConfigurations')).flatMap((one, i) => {
    const path = `${within}.ipConfigurations[${i}].properties`
    const address = at(one, 'properties', 'publicIPAddress')
    return [
      ...joining(`${path}.subnet`, SUBNET, at(one, 'properties', 'subnet')),
      ...joining(`${path}.publicIPAddress`, 'Microsoft.Network/publicIPAddresses', address),
      ...joinLinks(one, path),
    ]
  })
  return [...configurations, ...subnetLinks(one, within)]
}

/** What a subnet joins, as an interface does: its security group. */
export function subnetLinks(one: Json, within = 'properties'): Link[] {
  const group = at(one, 'properties', 'networkSecurityGroup')
  return joining(`${within}.networkSecurityGroup`, SECURITY_GROUP, group)
}

/** What the subnets given within a network join. */
export function networkLinks(one: Json): Link[] {
  return listIn(at(one, 'properties', 'subnets')).flatMap((subnet, i) =>
    subnetLinks(subnet, `properties.subnets[${i}].properties`),
  )
}

function joining(path: string, type: string, value: Json | undefined): Link[] {
  const id = textAt(value, 'id')
  return id === null ? [] : [{ id, type, action: `${type}/join/action`, path: `${path}.id` }]
}

/** A subnet that goes is shown in its network no more. @throws {ArmError} `InUseSubnetCannotBeDeleted` */
export async function planSubnetDelete(
  subnet: Resource,
  { tables, at: now }: Moment,
): Promise<null> {
  await requireSubnetUnused(tables, subnet)
  const network = await tables.resources.get(subnet.parentId!)
  if (network === null) return null
  const subnets = ((network.properties.subnets ?? []) as readonly JsonObject[]).filter(
    (one) => keyOf(String(one.id)) !== keyOf(subnet.id),
  )
  await tables.resources.update(network.id, { properties: { ...network.properties, subnets } }, now)
  return null
}
