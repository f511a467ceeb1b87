import { randomBytes, randomUUID } from 'node:crypto'
import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import { type MarketplaceImage, resolveImage } from '../../catalogue/images.ts'
import { type Link, listIn, requireMadeName } from '../links.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { dataDiskLinks, planDataDisks } from './data-disks.ts'
import { DISK, diskRow } from './os-disk.ts'
import { type Decision, decideChange, decideNew, type Place } from './security.ts'
import { at, inputFor, stateJson, stateOf, textAt, type VmState } from './vm.ts'

/** What decides about VMs beside what is asked. */
export interface VmRules {
  /** The lease whose holder drives the host. */
  readonly host: string
  readonly images: () => readonly MarketplaceImage[]
  readonly place: () => Place
  /** Paths that are kept and have no effect. */
  readonly notEnforced: (body: JsonObject) => readonly string[]
  /** Keeps what the VM is given at its first boot and is never told again. */
  readonly keepSeed: (tables: Tables, vmId: string, properties: JsonObject) => Promise<void>
}

/** A new VM, or a change of one. @throws {ArmError} nothing was changed then. */
export function vmPlanner(rules: VmRules) {
  return (id: string, wanted: Wanted, existing: Resource | null, moment: Moment): Promise<Plan> =>
    existing === null
      ? planNew(rules, id, wanted, moment)
      : planChange(rules, wanted, existing, moment)
}

async function planNew(rules: VmRules, id: string, wanted: Wanted, moment: Moment): Promise<Plan> {
  const { properties } = wanted
  requireName(id)
  requireParts(properties)
  const image = requireImage(rules, properties)
  const decision = decideNew(properties, image, rules.place())
  requireLogin(properties, image.osType)
  const vmId = randomUUID()
  const nic = await requireInterfaces(moment.tables, id, properties)
  const disk = await makeOsDisk(moment, id, properties, decision, image.osType)
  const state: VmState = {
    ...{ vmId, machine: `vm-${vmId}`, host: rules.host, power: 'starting', failure: null },
    notices: decision.notices,
    notEnforced: rules.notEnforced({ properties }),
    ...{ generalized: false, hasAgent: false, sshPort: null },
    macAddress: textAt(nic.state, 'macAddress') ?? '',
  }
  await rules.keepSeed(moment.tables, vmId, properties)
  const whole = { ...withoutSecrets(properties), ...decision.properties, ...disk }
  const complete = await planDataDisks(moment, id, whole, null)
  const work = { kind: 'vm.create', input: { vmId }, host: rules.host }
  return { properties: complete, state: stateJson(state), work }
}

const NAME = /^[a-z0-9]([\w.-]{0,62}[\w])?$/i

/** @throws {ArmError} `InvalidParameter` */
function requireName(id: string): void {
  const name = id.split('/').at(-1)!
  if (NAME.test(name)) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message: `The entity name '${name}' is invalid according to its validation rule: ${NAME.source}.`,
    target: 'vmName',
  })
}

function requireParts(properties: JsonObject): void {
  for (const name of ['hardwareProfile', 'storageProfile', 'networkProfile'])
    if (at(properties, name) === undefined) throw new ArmError(faults.missingParameter(name))
  if (textAt(properties, 'hardwareProfile', 'vmSize') === null)
    throw new ArmError(faults.missingParameter('hardwareProfile.vmSize'))
  if (at(properties, 'osProfile') === undefined)
    throw new ArmError(faults.missingParameter('osProfile'))
}

/** @throws {ArmError} `PlatformImageNotFound` */
function requireImage(rules: VmRules, properties: JsonObject): MarketplaceImage {
  const reference = at(properties, 'storageProfile', 'imageReference')
  if (reference === undefined) throw new ArmError(faults.missingParameter('imageReference'))
  const [publisher, offer, sku, version] = ['publisher', 'offer', 'sku', 'version'].map(
    (name) => textAt(reference, name) ?? '',
  )
  const found = resolveImage(rules.images(), {
    publisher: publisher!,
    offer: offer!,
    sku: sku!,
    version: version === '' ? 'latest' : version!,
  })
  if ('fault' in found) throw new ArmError(found.fault)
  return found.image
}

/** @see Azure's own texts */
function requireLogin(properties: JsonObject, osType: 'Linux' | 'Windows'): void {
  if (osType !== 'Linux') return
  const keys = at(properties, 'osProfile', 'linuxConfiguration', 'ssh', 'publicKeys')
  const isKeyed = Array.isArray(keys) && keys.length > 0
  const hasPassword = textAt(properties, 'osProfile', 'adminPassword') !== null
  if (isKeyed || hasPassword) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message:
      'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
    target: 'linuxConfiguration',
  })
}

/** The interfaces it names are there and nobody else's; they are its own from now on. @returns the primary one. */
async function requireInterfaces(
  tables: Tables,
  id: string,
  properties: JsonObject,
): Promise<Resource> {
  const named = at(properties, 'networkProfile', 'networkInterfaces')
  if (!Array.isArray(named) || named.length === 0)
    throw new ArmError(faults.missingParameter('networkInterfaces'))
  const found = await Promise.all(
    named.map((one) => requireInterface(tables, id, textAt(one, 'id'))),
  )
  for (const nic of found)
    await tables.resources.update(
      nic.id,
      { state: { ...nic.state, virtualMachine: { id } } },
      nic.changedAt,
    )
  const primary = named.findIndex((one) => at(one, 'properties', 'primary') === true)
  return found[Math.max(0, primary)]!
}

async function requireInterface(tables: Tables, vm: string, id: string | null): Promise<Resource> {
  const nic = id === null ? null : await tables.resources.get(id)
  if (nic === null)
    throw new ArmError({
      status: 400,
      code: 'InvalidResourceReference',
      message: `Resource ${id} referenced by resource ${vm} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    })
  const holder = textAt(nic.state, 'virtualMachine', 'id')
  if (holder !== null && keyOf(holder) !== keyOf(vm))
    throw new ArmError({
      status: 400,
      code: 'NicInUse',
      message: `Network Interface ${nic.id} is used by existing resource ${holder}. In order to delete the network interface, it must be dissociated from the resource.`,
    })
  return nic
}

async function makeOsDisk(
  { tables, at: now, location }: Moment,
  id: string,
  properties: JsonObject,
  decision: Decision,
  osType: string,
): Promise<JsonObject> {
  const storage = at(properties, 'storageProfile') as JsonObject
  const asked = (at(storage, 'osDisk') ?? {}) as JsonObject
  const vmName = id.split('/').at(-1)!
  const made = `${vmName.slice(0, 32)}_OsDisk_1_${randomBytes(16).toString('hex')}`
  const name = requireMadeName(textAt(asked, 'name') ?? made, 'osDisk.name')
  const group = id.split('/providers/')[0]!
  const diskId = `${group}/providers/${DISK}/${name}`
  if ((await tables.resources.get(diskId)) !== null)
    throw new ArmError({
      status: 409,
      code: 'ConflictingUserInput',
      message: `Disk ${name} already exists in resource group ${group.split('/').at(-1)}. Only CreateOption.Attach is supported.`,
    })
  await tables.resources.insert(
    diskRow({ id: diskId, vm: id, asked, decision, osType, location, now }),
    now,
  )
  const managedDisk = {
    storageAccountType: 'Premium_LRS',
    ...(at(asked, 'managedDisk') as JsonObject | undefined),
    id: diskId,
  }
  const osDisk = {
    createOption: 'FromImage',
    caching: 'ReadWrite',
    deleteOption: 'Detach',
    ...asked,
    osType,
    name,
    managedDisk,
  }
  return { storageProfile: { dataDisks: [], ...storage, osDisk } }
}

/** What is never told again. */
export function withoutSecrets(properties: JsonObject): JsonObject {
  const osProfile = at(properties, 'osProfile')
  if (osProfile === undefined) return properties
  const { adminPassword: _, customData: __, ...rest } = osProfile as JsonObject
  return { ...properties, osProfile: rest }
}

/** What a VM names elsewhere: its interfaces, which it joins, and its data disks. */
export function vmLinks(id: string, { properties }: Wanted): Link[] {
  const type = 'Microsoft.Network/networkInterfaces'
  const named = listIn(at(properties, 'networkProfile', 'networkInterfaces'))
  const interfaces = named.flatMap((one, i) => {
    const path = `properties.networkProfile.networkInterfaces[${i}].id`
    const link = textAt(one, 'id')
    return link === null ? [] : [{ id: link, type, action: `${type}/join/action`, path }]
  })
  return [...interfaces, ...dataDiskLinks(id, properties)]
}

const FIXED = ['osProfile.adminUsername', 'osProfile.computerName', 'storageProfile.imageReference']

async function planChange(
  rules: VmRules,
  wanted: Wanted,
  existing: Resource,
  moment: Moment,
): Promise<Plan> {
  const { properties } = wanted
  const state = stateOf(existing)
  for (const path of FIXED) requireSame(existing.properties, properties, path)
  requireParts(properties)
  requireSameInterfaces(existing.properties, properties)
  const image = imageOf(rules, existing)
  const decision = decideChange(properties, existing, image, rules.place())
  const own = withOwnDisk(existing.properties, properties)
  const whole = { ...withoutSecrets(properties), ...decision.properties, ...own }
  const complete = await planDataDisks(moment, existing.id, whole, existing)
  const isSame = JSON.stringify(complete) === JSON.stringify(existing.properties)
  const next: VmState = {
    ...state,
    notices: decision.notices,
    notEnforced: rules.notEnforced({ properties }),
  }
  const work = isSame
    ? null
    : {
        kind: 'vm.update',
        input: { restart: decision.restart, ...inputFor(existing) },
        host: rules.host,
      }
  return { properties: complete, state: stateJson(next), work }
}

/** The image it was made from, while there is one of that name. */
function imageOf(rules: VmRules, vm: Resource): MarketplaceImage | null {
  try {
    return requireImage(rules, vm.properties)
  } catch {
    return null
  }
}

/** A VM keeps the disk it was made with, named or not. @throws {ArmError} another is named. */
function withOwnDisk(before: JsonObject, after: JsonObject): JsonObject {
  const was = at(before, 'storageProfile', 'osDisk') as JsonObject
  const storage = at(after, 'storageProfile') as JsonObject
  const is = (storage.osDisk ?? {}) as JsonObject
  for (const path of [['name'], ['managedDisk', 'id']]) {
    const [old, asked] = [was, is].map((disk) => textAt(disk, ...path))
    if (asked != null && keyOf(asked) !== keyOf(old ?? ''))
      throw new ArmError(changeRefused(`storageProfile.osDisk.${path.join('.')}`))
  }
  const managedDisk = {
    ...(at(was, 'managedDisk') as JsonObject),
    ...(at(is, 'managedDisk') as JsonObject | undefined),
    id: textAt(was, 'managedDisk', 'id'),
  }
  const osDisk = { ...was, ...is, name: textAt(was, 'name'), managedDisk }
  return { storageProfile: { ...storage, osDisk } }
}

/** The host gives a VM its interfaces when it makes it. @throws {ArmError} */
function requireSameInterfaces(before: JsonObject, after: JsonObject): void {
  const [was, is] = [before, after].map((properties) =>
    listIn(at(properties, 'networkProfile', 'networkInterfaces'))
      .map((one) => keyOf(textAt(one, 'id') ?? ''))
      .sort()
      .join(),
  )
  if (was !== is) throw new ArmError(changeRefused('networkProfile.networkInterfaces'))
}

function requireSame(before: JsonObject, after: JsonObject, path: string): void {
  const [was, is] = [before, after].map((one) => JSON.stringify(at(one, ...path.split('.'))))
  if (is === undefined || was === is) return
  throw new ArmError(changeRefused(path))
}

function changeRefused(target: string): Fault {
  const message = `Changing property '${target}' is not allowed.`
  return { status: 409, code: 'PropertyChangeNotAllowed', message, target }
}
