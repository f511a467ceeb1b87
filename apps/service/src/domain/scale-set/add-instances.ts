import { parseResourceId } from '@trusted-launch/api'
import { enqueue } from '../enqueue.ts'
import { listIn } from '../links.ts'
import { planNetworkInterface } from '../networks.ts'
import type { Moment } from '../resource-type.ts'
import type { Json, JsonObject, Resource } from '../store.ts'
import { requireExtension } from '../vm/extension.ts'
import { INTERFACE, OWN_INTERFACE } from '../vm/interfaces.ts'
import { planNewVm, type VmRules } from '../vm/plan-vm.ts'
import { EXTENSION } from '../vm/setup.ts'
import { at, inputFor, type Membership, osTypeOf, textAt, VM } from '../vm/vm.ts'
import {
  computerNameOf,
  instanceProperties,
  interfaceConfigurations,
  type ModelSecrets,
} from './instance-properties.ts'
import { INSTANCE, isFlexible, type ScaleSet } from './scale-set.ts'

/** The instances with these numbers: rows, and the operation that makes each. Part of a transaction. @returns the operations' ids. */
export async function addInstances(
  rules: VmRules,
  moment: Moment,
  set: ScaleSet,
  secrets: ModelSecrets,
  numbers: readonly number[],
): Promise<string[]> {
  const parts: string[] = []
  for (const number of numbers)
    parts.push(...(await addInstance(rules, moment, set, secrets, number)))
  return parts
}

async function addInstance(
  rules: VmRules,
  moment: Moment,
  set: ScaleSet,
  secrets: ModelSecrets,
  number: number,
): Promise<string[]> {
  const place = placeOf(set, number)
  const interfaces = await addInterfaces(moment, set, place)
  const identity = { computerName: computerNameOf(set, number), interfaces }
  const wanted = {
    ...{ location: set.location, tags: set.tags, envelope: zonesOf(set, number) },
    properties: instanceProperties(set, identity, secrets),
    ...(secrets.passwordHash !== undefined && { passwordHash: secrets.passwordHash }),
  }
  const { properties, state, work } = await planNewVm(rules, place.id, wanted, moment)
  const membership: Membership = {
    ...{ id: set.id, model: set.state.model, number },
    faultDomain: number % faultDomainsOf(set),
  }
  const { subscriptionId, resourceGroup, location, tags } = set
  const row = await moment.tables.resources.insert(
    {
      ...{ ...place, subscriptionId, resourceGroup, parentId: set.id, location, tags },
      ...{ envelope: wanted.envelope, properties, createdAt: moment.at },
      state: { ...state, scaleSet: membership as unknown as JsonObject },
      provisioningState: 'Creating',
    },
    moment.at,
  )
  const { id } = await enqueue(moment, row, work!)
  return [id, ...(await addExtensions(rules, moment, set, row))]
}

interface Place {
  readonly id: string
  readonly type: string
  readonly name: string
}

function placeOf(set: ScaleSet, number: number): Place {
  const name = `${set.name}_${number}`
  if (!isFlexible(set)) return { id: `${set.id}/virtualMachines/${number}`, type: INSTANCE, name }
  return { id: `${set.id.split('/providers/')[0]}/providers/${VM}/${name}`, type: VM, name }
}

async function addInterfaces(moment: Moment, set: ScaleSet, vm: Place): Promise<string[]> {
  const ids: string[] = []
  for (const one of interfaceConfigurations(set)) ids.push(await addInterface(moment, set, vm, one))
  return ids
}

async function addInterface(
  moment: Moment,
  set: ScaleSet,
  vm: Place,
  configuration: Json,
): Promise<string> {
  const own = textAt(configuration, 'name') ?? 'nic'
  const { id, name, type } = isFlexible(set)
    ? interfaceOf(
        `${set.id.split('/providers/')[0]}/providers/${INTERFACE}`,
        `${vm.name}-${own}`,
        INTERFACE,
      )
    : interfaceOf(`${vm.id}/networkInterfaces`, own, OWN_INTERFACE)
  const {
    deleteOption: _,
    primary: __,
    ...properties
  } = (at(configuration, 'properties') ?? {}) as JsonObject
  const wanted = { location: set.location, tags: null, envelope: {}, properties }
  const plan = await planNetworkInterface(id, wanted, null, moment)
  const { subscriptionId, resourceGroup, location } = set
  await moment.tables.resources.insert(
    {
      ...{ id, name, type, subscriptionId, resourceGroup, location, tags: {}, envelope: {} },
      ...{ parentId: isFlexible(set) ? null : vm.id, properties: plan.properties },
      state: { ...plan.state, madeFor: vm.id },
      ...{ provisioningState: 'Succeeded', createdAt: moment.at },
    },
    moment.at,
  )
  return id
}

function interfaceOf(collection: string, name: string, type: string): Place {
  return { id: `${collection}/${name}`, name, type }
}

function faultDomainsOf({ properties }: ScaleSet): number {
  return Math.max(1, Number(at(properties, 'platformFaultDomainCount') ?? 1))
}

/** Instances take the set's zones in turn. */
function zonesOf({ envelope }: ScaleSet, number: number): JsonObject {
  const zones = listIn(envelope.zones)
  return zones.length === 0 ? {} : { zones: [zones[number % zones.length]!] }
}

/** The model's extensions that an instance does not have yet. @returns the operations that put them. @throws {ArmError} */
export async function addExtensions(
  { host }: Pick<VmRules, 'host'>,
  moment: Moment,
  set: ScaleSet,
  instance: Resource,
): Promise<string[]> {
  const parts: string[] = []
  for (const one of listIn(
    at(set.properties, 'virtualMachineProfile', 'extensionProfile', 'extensions'),
  )) {
    const name = textAt(one, 'name') ?? 'GuestAttestation'
    const id = `${instance.id}/extensions/${name}`
    if ((await moment.tables.resources.get(id)) !== null) continue
    const { protectedSettings: _, ...properties } = (at(one, 'properties') ?? {}) as JsonObject
    requireExtension(properties, osTypeOf(instance))
    const { subscriptionId, resourceGroup } = parseResourceId(id)!
    const row = await moment.tables.resources.insert(
      {
        ...{ id, name, type: EXTENSION, subscriptionId: subscriptionId!, resourceGroup },
        ...{ parentId: instance.id, location: instance.location, tags: {}, envelope: {} },
        ...{ properties, state: {}, provisioningState: 'Creating', createdAt: moment.at },
      },
      moment.at,
    )
    const work = { kind: 'extension.put', input: inputFor(instance), host }
    parts.push((await enqueue(moment, row, work)).id)
  }
  return parts
}
