import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { type Link, listIn, missingReference } from '../links.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { changeRefused } from './fixed.ts'
import { at, textAt } from './vm.ts'

export const INTERFACE = 'Microsoft.Network/networkInterfaces'
/** Of Uniform scale sets' instances: theirs alone, and in no list of interfaces. */
export const OWN_INTERFACE =
  'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces'
export const INTERFACE_TYPES = [INTERFACE, OWN_INTERFACE] as const

/** The interfaces that a VM names, and joins. */
export function interfaceLinks(properties: JsonObject): Link[] {
  return listIn(at(properties, 'networkProfile', 'networkInterfaces')).flatMap((one, i) => {
    const path = `properties.networkProfile.networkInterfaces[${i}].id`
    const id = textAt(one, 'id')
    return id === null ? [] : [{ id, type: INTERFACE, action: `${INTERFACE}/join/action`, path }]
  })
}

/** The interface it names is there and nobody else's; it is its own from now on. @returns the only one. @throws {ArmError} */
export async function requireInterfaces(
  tables: Tables,
  id: string,
  properties: JsonObject,
): Promise<Resource> {
  const named = at(properties, 'networkProfile', 'networkInterfaces')
  if (!Array.isArray(named) || named.length === 0)
    throw new ArmError(faults.missingParameter('networkInterfaces'))
  requireOne(named, 'networkProfile.networkInterfaces')
  const nic = await requireInterface(tables, id, textAt(named[0]!, 'id'))
  const state = { ...nic.state, virtualMachine: { id } }
  await tables.resources.update(nic.id, { state }, nic.changedAt)
  return nic
}

/** A host makes one interface of a VM, with one address, whatever its size could have. @throws {ArmError} there are more. */
export function requireOne(named: readonly Json[], target: string): void {
  if (named.length <= 1) return
  const message = `A virtual machine has one network interface here, with one IP configuration: '${target}' names ${named.length}.`
  throw new ArmError(faults.operationNotAllowed(message, target))
}

async function requireInterface(tables: Tables, vm: string, id: string | null): Promise<Resource> {
  const nic = id === null ? null : await tables.resources.get(id)
  if (nic === null) throw missingReference(id, vm)
  const holder = textAt(nic.state, 'virtualMachine', 'id')
  if (holder !== null && keyOf(holder) !== keyOf(vm))
    throw new ArmError({
      status: 400,
      code: 'NicInUse',
      message: `Network Interface ${nic.id} is used by existing resource ${holder}. In order to delete the network interface, it must be dissociated from the resource.`,
    })
  return nic
}

/** The host gives a VM its interfaces when it makes it. @throws {ArmError} */
export function requireSameInterfaces(before: JsonObject, after: JsonObject): void {
  const [was, is] = [before, after].map((properties) =>
    listIn(at(properties, 'networkProfile', 'networkInterfaces'))
      .map((one) => keyOf(textAt(one, 'id') ?? ''))
      .sort()
      .join(),
  )
  if (was !== is) throw new ArmError(changeRefused('networkProfile.networkInterfaces'))
}
