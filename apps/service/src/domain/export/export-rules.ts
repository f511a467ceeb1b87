import { keyOf } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, JsonObject, Resource } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'

/** What becomes of a resource: it is in the template, another one makes it, or why it is not. */
export type Exportable = 'whole' | 'made-by-another' | { readonly why: string }

const BYTES = 'its bytes are in no template'
const MOMENT = 'it is of a moment that is gone'

/** Types that are never in one, and why; null: another resource makes them. */
const NEVER: Readonly<Record<string, string | null>> = {
  'microsoft.compute/images': BYTES,
  'microsoft.compute/galleries/images/versions': BYTES,
  'microsoft.compute/snapshots': MOMENT,
  'microsoft.compute/restorepointcollections': MOMENT,
  'microsoft.compute/restorepointcollections/restorepoints': MOMENT,
  'microsoft.compute/virtualmachinescalesets/virtualmachines': null,
  'microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces': null,
  'microsoft.network/virtualnetworks/subnets': null,
}

export function exportableOf(row: Resource, all: readonly Resource[]): Exportable {
  const never = NEVER[keyOf(row.type)]
  if (never === null || isOfSet(row)) return 'made-by-another'
  if (never !== undefined) return { why: never }
  if (/\/disks$/i.test(row.type)) return diskOf(row)
  const vm = textAt(row.properties, 'virtualMachine', 'id')
  const holder = vm === null ? undefined : all.find(({ id }) => keyOf(id) === keyOf(vm))
  return holder !== undefined && isOfSet(holder) ? 'made-by-another' : 'whole'
}

const isOfSet = ({ state }: Resource) => at(state, 'scaleSet') !== undefined

/** An empty one can be made anew; a VM makes its own. */
function diskOf({ properties, state }: Resource): Exportable {
  const how = textAt(properties, 'creationData', 'createOption') ?? ''
  if (how === 'Empty') return 'whole'
  return how === 'FromImage' && textAt(state, 'managedBy') !== null
    ? 'made-by-another'
    : { why: BYTES }
}

/** A body that makes another such resource: without what was decided for this one alone. */
export function anew(
  type: string,
  { id: _, name: __, type: ___, ...body }: JsonObject,
): JsonObject {
  const change = CHANGES[keyOf(type)]
  const properties = body.properties as JsonObject | undefined
  return change === undefined || properties === undefined
    ? body
    : { ...body, properties: change(properties) }
}

const CHANGES: Readonly<Record<string, (properties: JsonObject) => JsonObject>> = {
  'microsoft.compute/virtualmachines': withDisks,
  'microsoft.network/networkinterfaces': (properties) => ({
    ...properties,
    ipConfigurations: listIn(properties.ipConfigurations).map(withoutLease),
  }),
  // Those of a pool are made; the others are resources of their own.
  'microsoft.network/loadbalancers': ({ inboundNatRules: _, ...properties }) => properties,
}

/**
 * With the secrets that a new one is given and nobody is told again: of who may sign in with a password that.
 * @param secret the expression that stands for one.
 */
export function withSecrets(properties: JsonObject, secret: (name: string) => string): JsonObject {
  const { virtualMachineProfile: model } = properties
  if (model != null)
    return { ...properties, virtualMachineProfile: withSecrets(model as JsonObject, secret) }
  const os = properties.osProfile as JsonObject | undefined
  const isByKey = at(os, 'linuxConfiguration', 'disablePasswordAuthentication') === true
  if (os === undefined || isByKey) return properties
  return { ...properties, osProfile: { ...os, adminPassword: secret('adminPassword') } }
}

/** A disk that came with its VM comes again with it; others are attached. */
function withDisks(properties: JsonObject): JsonObject {
  const storage = properties.storageProfile as JsonObject
  const osDisk = storage.osDisk as JsonObject
  const dataDisks = listIn(storage.dataDisks).map((disk) => ({
    ...(disk as JsonObject),
    createOption: 'Attach',
  }))
  const own = osDisk.createOption === 'Attach' ? osDisk : withoutId(osDisk)
  return { ...properties, storageProfile: { ...storage, osDisk: own, dataDisks } }
}

function withoutId({ managedDisk, ...disk }: JsonObject): JsonObject {
  const { id: _, ...rest } = (managedDisk ?? {}) as JsonObject
  return { ...disk, managedDisk: rest }
}

/** An address that nobody asked for is given anew. */
function withoutLease(configuration: Json): Json {
  const { properties, ...rest } = configuration as JsonObject
  const { privateIPAddress, ...others } = properties as JsonObject
  const isFixed = textAt(others, 'privateIPAllocationMethod')?.toLowerCase() === 'static'
  return {
    ...rest,
    properties: { ...others, ...(isFixed && { privateIPAddress: privateIPAddress! }) },
  }
}
