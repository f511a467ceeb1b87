import { createHash } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import type { Moment, Plan, Wanted } from './resource-type.ts'
import type { Json, JsonObject, Resource } from './store.ts'
import { at, textAt } from './vm/vm.ts'

/** Kept as it was asked for. */
export async function planPlain(_: string, { properties }: Wanted): Promise<Plan> {
  return { properties, work: null }
}

/** Subnets given within a network get ids of their own. */
export async function planNetwork(id: string, { properties }: Wanted): Promise<Plan> {
  const { subnets } = properties
  if (!Array.isArray(subnets)) return { properties, work: null }
  const named = subnets.map((subnet) => ({
    ...subnet,
    id: `${id}/subnets/${textAt(subnet, 'name')}`,
  }))
  return { properties: { ...properties, subnets: named }, work: null }
}

/** An interface's configurations name subnets that are there; its hardware address follows from its id. */
export async function planNetworkInterface(
  id: string,
  { properties }: Wanted,
  existing: Resource | null,
  { tables }: Moment,
): Promise<Plan> {
  const configurations = at(properties, 'ipConfigurations')
  if (!Array.isArray(configurations) || configurations.length === 0)
    throw new ArmError(faults.missingParameter('ipConfigurations'))
  for (const one of configurations)
    await requireSubnet(tables, textAt(one, 'properties', 'subnet', 'id'), id)
  const named = configurations.map((one, i) => configurationView(id, one as JsonObject, i))
  const state = { macAddress: macAddressOf(id), ...existing?.state }
  return { properties: { ...properties, ipConfigurations: named }, state, work: null }
}

async function requireSubnet(
  tables: Moment['tables'],
  subnet: string | null,
  from: string,
): Promise<void> {
  if (subnet === null) return
  const own = await tables.resources.get(subnet)
  if (own !== null) return
  const network = await tables.resources.get(subnet.split('/').slice(0, -2).join('/'))
  const subnets = network === null ? [] : at(network.properties, 'subnets')
  const isThere =
    Array.isArray(subnets) &&
    subnets.some((each: Json) => textAt(each, 'id')?.toLowerCase() === subnet.toLowerCase())
  if (!isThere)
    throw new ArmError({
      status: 400,
      code: 'InvalidResourceReference',
      message: `Resource ${subnet} referenced by resource ${from} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    })
}

function configurationView(id: string, one: JsonObject, index: number): JsonObject {
  const properties = {
    privateIPAddress: '10.0.2.15',
    privateIPAllocationMethod: 'Dynamic',
    primary: index === 0,
    ...(at(one, 'properties') as JsonObject),
    provisioningState: 'Succeeded',
  }
  return { ...one, id: `${id}/ipConfigurations/${textAt(one, 'name') ?? index}`, properties }
}

/** Locally administered, unicast, the same for the same id. */
function macAddressOf(id: string): string {
  const digest = createHash('sha256').update(id.toLowerCase()).digest()
  return [
    '52',
    '54',
    '00',
    ...[...digest.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, '0')),
  ]
    .join('-')
    .toUpperCase()
}
