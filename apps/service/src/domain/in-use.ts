import { ArmError, keyOf } from '@trusted-launch/api'
import { everyOf } from './every-of.ts'
import { listIn } from './links.ts'
import type { Json, Resource, Tables } from './store.ts'
import { at, textAt } from './vm/vm.ts'

const INTERFACE = 'Microsoft.Network/networkInterfaces'
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

/** A subnet goes only without its interfaces. @throws {ArmError} `InUseSubnetCannotBeDeleted` */
export async function requireSubnetUnused(tables: Tables, { id, name }: Resource): Promise<void> {
  const held = await heldBy(tables, (one) => isOf(one, id, 'properties', 'subnet', 'id'))
  if (held !== null) refuseSubnet(name, held)
}

/** A network goes only when none of its subnets has an interface. @throws {ArmError} `InUseSubnetCannotBeDeleted` */
export async function requireNetworkUnused(tables: Tables, { id }: Resource): Promise<void> {
  const within = `${keyOf(id)}/subnets/`
  const held = await heldBy(tables, (one) => subnetOf(one).startsWith(within))
  if (held !== null) refuseSubnet(subnetOf(held).slice(within.length), held)
}

/** @throws {ArmError} `PublicIPAddressCannotBeDeleted` */
export async function requireAddressUnused(tables: Tables, { id }: Resource): Promise<void> {
  const held = await heldBy(tables, (one) => isOf(one, id, 'properties', 'publicIPAddress', 'id'))
  if (held === null) return
  refuse(
    'PublicIPAddressCannotBeDeleted',
    `Public IP address ${id} can not be deleted since it is still allocated to resource ${textAt(held, 'id')}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
  )
}

/** @throws {ArmError} `InUseNetworkSecurityGroupCannotBeDeleted` */
export async function requireSecurityGroupUnused(tables: Tables, { id }: Resource): Promise<void> {
  for (const type of [INTERFACE, SUBNET])
    for await (const one of everyOf(tables, { type }))
      if (isOf(one.properties, id, 'networkSecurityGroup', 'id'))
        refuse(
          'InUseNetworkSecurityGroupCannotBeDeleted',
          `Network security group ${id} cannot be deleted because it is in use by the following resources: ${one.id}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
        )
}

/** The first configuration of an interface, of all there are, that is looked for; null: none is. */
async function heldBy(tables: Tables, isLookedFor: (one: Json) => boolean): Promise<Json> {
  for await (const { properties } of everyOf(tables, { type: INTERFACE })) {
    const found = listIn(at(properties, 'ipConfigurations')).find(isLookedFor)
    if (found !== undefined) return found
  }
  return null
}

function isOf(value: Json, id: string, ...path: string[]): boolean {
  return keyOf(textAt(value, ...path) ?? '') === keyOf(id)
}

function subnetOf(configuration: Json): string {
  return keyOf(textAt(configuration, 'properties', 'subnet', 'id') ?? '')
}

function refuseSubnet(name: string, by: Json): never {
  return refuse(
    'InUseSubnetCannotBeDeleted',
    `Subnet ${name} is in use by ${textAt(by, 'id')} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
  )
}

function refuse(code: string, message: string): never {
  throw new ArmError({ status: 400, code, message })
}
