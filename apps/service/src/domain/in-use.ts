import { ArmError, keyOf, parseResourceId } from '@trusted-launch/api'
import { BALANCER } from './balancer/balancer.ts'
import { everyOf } from './every-of.ts'
import { GALLERY } from './gallery/gallery.ts'
import { listIn } from './links.ts'
import { everyMachine } from './machines.ts'
import { holderOf } from './network/public-addresses.ts'
import { SCALE_SET } from './scale-set/scale-set.ts'
import type { Json, Resource, Tables } from './store.ts'
import { requireAllUnlocked } from './vm/belongings.ts'
import { DISK } from './vm/disk-row.ts'
import { INTERFACE, INTERFACE_TYPES } from './vm/interfaces.ts'
import { at, MACHINE_TYPES, textAt } from './vm/vm.ts'

const SUBNET = 'Microsoft.Network/virtualNetworks/subnets'

/** An interface goes only without its VM. @throws {ArmError} `NicInUse` */
export function requireInterfaceUnused({ id, state }: Resource): void {
  const holder = textAt(state, 'virtualMachine', 'id')
  if (holder === null) return
  refuse(
    'NicInUse',
    `Network Interface ${id} is used by existing resource ${holder}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
  )
}

/** A subnet goes only without its interfaces, frontends and sets. @throws {ArmError} `InUseSubnetCannotBeDeleted` */
export async function requireSubnetUnused(tables: Tables, { id, name }: Resource): Promise<void> {
  const held = await heldBy(tables, id, (subnet) => subnet === keyOf(id))
  if (held !== null) refuseSubnet(name, held.by)
}

/** A network goes only when none of its subnets has an interface. @throws {ArmError} `InUseSubnetCannotBeDeleted` */
export async function requireNetworkUnused(tables: Tables, { id }: Resource): Promise<void> {
  const within = `${keyOf(id)}/subnets/`
  const held = await heldBy(tables, within, (subnet) => subnet.startsWith(within))
  if (held !== null) refuseSubnet(held.subnet.slice(within.length), held.by)
}

/** @throws {ArmError} `PublicIPAddressCannotBeDeleted` */
export async function requireAddressUnused(tables: Tables, { id }: Resource): Promise<void> {
  const holder = await holderOf(tables, id)
  if (holder === null) return
  refuse(
    'PublicIPAddressCannotBeDeleted',
    `Public IP address ${id} can not be deleted since it is still allocated to resource ${holder}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
  )
}

/** A balancer goes only without who joins it. @throws {ArmError} `LoadBalancerInUse` */
export async function requireBalancerUnused(tables: Tables, { id }: Resource): Promise<void> {
  for (const type of [...INTERFACE_TYPES, SCALE_SET])
    for await (const one of everyOf(tables, { type, naming: `${id}/` }))
      refuse(
        'LoadBalancerInUse',
        `Load balancer ${id} cannot be deleted since its pools or rules are in use by ${one.id}.`,
      )
}

/** @throws {ArmError} `InUseNetworkSecurityGroupCannotBeDeleted` */
export async function requireSecurityGroupUnused(tables: Tables, { id }: Resource): Promise<void> {
  for (const type of [...INTERFACE_TYPES, SCALE_SET, SUBNET])
    for await (const one of everyOf(tables, { type, naming: id }))
      if (namedBy(one).some((named) => keyOf(named) === keyOf(id)))
        refuse(
          'InUseNetworkSecurityGroupCannotBeDeleted',
          `Network security group ${id} cannot be deleted because it is in use by the following resources: ${one.id}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
        )
}

const NAMED_MAX = 10

/**
 * A group goes only without what others use of it: a disk or an interface of another group's VM, and what an
 * interface, subnet, balancer or set of another group names, and versions that machines of other groups are made of.
 * @throws {ArmError} `ResourceGroupDeletionBlocked`; `ScopeLocked` of what would go with its VMs elsewhere.
 */
export async function requireGroupUnused(tables: Tables, group: Resource): Promise<void> {
  const { id, subscriptionId, resourceGroup } = group
  const isInside = (one: string) => keyOf(one).startsWith(`${keyOf(id)}/`)
  const used = new Set<string>()
  for (const type of [DISK, INTERFACE])
    for await (const one of everyOf(tables, {
      type,
      subscriptionId,
      resourceGroup: resourceGroup!,
    })) {
      const { managedBy, virtualMachine } = one.state
      const holder = typeof managedBy === 'string' ? managedBy : textAt(virtualMachine, 'id')
      if (holder !== null && !isInside(holder)) used.add(`${type}/${one.name}`)
    }
  for (const type of [...PLACED, SUBNET])
    for await (const one of everyOf(tables, { type, naming: `${id}/` }))
      if (!isInside(one.id))
        for (const named of namedBy(one)) if (isInside(named)) used.add(identifierOf(named))
  for (const type of [...MACHINE_TYPES, SCALE_SET])
    for await (const one of everyOf(tables, { type, naming: `${id}/providers/${GALLERY}/` }))
      if (!isInside(one.id))
        for (const named of versionsOf(one)) if (isInside(named)) used.add(identifierOf(named))
  if (used.size > 0) refuseGroup(group.name, [...used].slice(0, NAMED_MAX))
  for await (const vm of everyMachine(tables, { subscriptionId, resourceGroup: resourceGroup! }))
    await requireAllUnlocked(tables, vm)
}

/** The ids of the gallery's images that a machine was made of, or a scale set's are made of. */
function versionsOf({ properties, state }: Resource): string[] {
  const model = at(properties, 'virtualMachineProfile', 'storageProfile', 'imageReference')
  const all = [textAt(state, 'galleryVersion'), textAt(state, 'keysOf'), textAt(model, 'id')]
  return all.filter((id) => id !== null)
}

/** The ids of what an interface, a balancer, a subnet or a set's instances use of networks. */
function namedBy(one: Resource): string[] {
  const configurations = configurationsOf(one).flatMap((each) => [
    textAt(each, 'properties', 'subnet', 'id'),
    textAt(each, 'properties', 'publicIPAddress', 'id'),
  ])
  const groups = interfacesOf(one).map((each) => textAt(each, 'networkSecurityGroup', 'id'))
  return [...configurations, ...groups].filter((id) => id !== null)
}

/** `Microsoft.Network/virtualNetworks/net`, of a subnet's id too. */
function identifierOf(id: string): string {
  const { namespace, types, names } = parseResourceId(id)!
  return [namespace, types[0], names[0]].join('/')
}

function refuseGroup(name: string, identifiers: readonly string[]): never {
  throw new ArmError({
    status: 409,
    code: 'ResourceGroupDeletionBlocked',
    message: `Deletion of resource group '${name}' failed as resources with identifiers '${identifiers.join(',')}' could not be deleted. The provisioning state of the resource group will be rolled back.`,
  })
}

/** What has its place in subnets. */
const PLACED = [...INTERFACE_TYPES, SCALE_SET, BALANCER] as const

/** The first of those that name it with a place in a subnet that is looked for, and that subnet's key; null: none has. */
async function heldBy(
  tables: Tables,
  naming: string,
  isLookedFor: (subnet: string) => boolean,
): Promise<{ readonly by: string; readonly subnet: string } | null> {
  for (const type of PLACED)
    for await (const one of everyOf(tables, { type, naming }))
      for (const each of configurationsOf(one)) {
        const subnet = keyOf(textAt(each, 'properties', 'subnet', 'id') ?? '')
        if (isLookedFor(subnet)) return { by: textAt(each, 'id') ?? one.id, subnet }
      }
  return null
}

/** What an interface or a balancer is at, or a set's instances will be. */
function configurationsOf(one: Resource): readonly Json[] {
  const frontends = listIn(at(one.properties, 'frontendIPConfigurations'))
  return [
    ...frontends,
    ...interfacesOf(one).flatMap((each) => listIn(at(each, 'ipConfigurations'))),
  ]
}

/** The properties of a resource; of a set those of its instances' interfaces. */
function interfacesOf({ type, properties }: Resource): readonly Json[] {
  if (type !== SCALE_SET) return [properties]
  const profile = at(properties, 'virtualMachineProfile', 'networkProfile')
  return listIn(at(profile, 'networkInterfaceConfigurations')).map(
    (each) => at(each, 'properties') ?? null,
  )
}

function refuseSubnet(name: string, by: string): never {
  return refuse(
    'InUseSubnetCannotBeDeleted',
    `Subnet ${name} is in use by ${by} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
  )
}

function refuse(code: string, message: string): never {
  throw new ArmError({ status: 400, code, message })
}
