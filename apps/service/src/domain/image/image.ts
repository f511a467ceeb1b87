import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import { refusals } from '../../catalogue/texts.ts'
import { everyOf } from '../every-of.ts'
import { VERSION } from '../gallery/gallery.ts'
import type { KeptImage } from '../host/images.ts'
import { everyMachine } from '../machines.ts'
import type { Plan, Wanted } from '../resource-type.ts'
import { SCALE_SET } from '../scale-set/scale-set.ts'
import { type AllowedSource, type Source, sourceOf } from '../sources.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'

/** Azure's managed images: somebody's disk, from which VMs are made by its id. */
export const IMAGE = 'Microsoft.Compute/images'

export const GIB = 2 ** 30
const BLOB = ['storageProfile', 'osDisk', 'blobUri'] as const
const TARGET = `properties.${BLOB.join('.')}`

/** What decides about images beside what is asked. */
export interface ImageRules {
  readonly host: string
  readonly allowedSources: readonly AllowedSource[]
}

/** A new image comes from `blobUri` alone, and never changes. @throws {ArmError} */
export function imagePlanner({ host, allowedSources }: ImageRules) {
  return async (id: string, { properties }: Wanted, existing: Resource | null): Promise<Plan> => {
    if (existing !== null) return unchanged(existing, properties)
    for (const member of ['managedDisk', 'snapshot'])
      if (at(properties, 'storageProfile', 'osDisk', member) !== undefined)
        throw new ArmError(
          faults.operationNotAllowed(
            `Images are made of a file here: give its address as ${TARGET}.`,
            `storageProfile.osDisk.${member}`,
          ),
        )
    if (at(properties, 'sourceVirtualMachine') !== undefined)
      throw new ArmError(refusals.managedImage(true))
    const disks = at(properties, 'storageProfile', 'dataDisks')
    if (Array.isArray(disks) && disks.length > 0)
      throw new ArmError(faults.operationNotAllowed('An image has one disk here.', 'dataDisks'))
    const uri = textAt(properties, ...BLOB)
    if (uri === null) throw new ArmError(faults.missingParameter(TARGET))
    sourceOf(uri, groupOf(id), allowedSources, TARGET)
    return { properties, state: {}, work: { kind: 'image.put', input: {}, host } }
  }
}

/** Only its tags may change. @throws {ArmError} */
function unchanged(existing: Resource, properties: JsonObject): Plan {
  const asked = textAt(properties, ...BLOB)
  if (asked !== null && asked !== textAt(existing.properties, ...BLOB))
    throw new ArmError({
      status: 409,
      code: 'PropertyChangeNotAllowed',
      message: `Changing property '${BLOB.join('.')}' is not allowed.`,
      target: BLOB.join('.'),
    })
  return { properties: existing.properties, work: null }
}

/** Where its bytes come from. @throws {ArmError} its host is not allowed any more. */
export function imageSource(image: Resource, { allowedSources }: ImageRules): Source {
  return sourceOf(
    textAt(image.properties, ...BLOB) ?? '',
    groupOf(image.id),
    allowedSources,
    TARGET,
  )
}

/** An image as its host took it. */
export function withKept(image: Resource, kept: KeptImage) {
  const { osType, hyperVGeneration, sizeBytes } = kept.examination
  const asked = (at(image.properties, 'storageProfile', 'osDisk') ?? {}) as JsonObject
  const storage = (at(image.properties, 'storageProfile') ?? {}) as JsonObject
  const osDisk = {
    osState: 'Generalized',
    ...asked,
    osType,
    diskSizeGB: Math.ceil(sizeBytes / GIB),
  }
  return {
    properties: { ...image.properties, hyperVGeneration, storageProfile: { ...storage, osDisk } },
    state: { kept: JSON.parse(JSON.stringify(kept)) as JsonObject },
  }
}

/** What the host found out about it; null: it is not taken yet. */
export function keptOf(image: Resource): KeptImage | null {
  return (image.state.kept as unknown as KeptImage | undefined) ?? null
}

/** An image as the rules of VMs read it; its names are those of no marketplace. Null: it is not taken yet. */
export function factsOf(image: Resource): MarketplaceImage | null {
  const kept = keptOf(image)
  if (kept === null || image.provisioningState !== 'Succeeded') return null
  const { examination, name } = kept
  const { architecture, distribution, hyperVGeneration, osType, securityType } = examination
  return {
    ...{ publisher: 'imported', offer: image.name, sku: image.resourceGroup ?? '' },
    versions: [new Date(image.createdAt).toISOString().slice(0, 10).replaceAll('-', '.')],
    ...{ architecture, distribution, hyperVGeneration, osType, securityType },
    ...{ osDiskGib: Math.ceil(examination.sizeBytes / GIB), host: name },
  }
}

/** @throws {ArmError} it is not there, or not taken yet. */
export async function requireImageById(tables: Tables, id: string): Promise<MarketplaceImage> {
  const image = await tables.resources.get(id)
  if (image === null || keyOf(image.type) !== keyOf(IMAGE))
    throw new ArmError({
      status: 404,
      code: 'NotFound',
      message: `The Image '${id.slice(0, 400)}' cannot be found.`,
      target: 'imageReference',
    })
  const facts = factsOf(image)
  if (facts !== null) return facts
  throw new ArmError(
    faults.operationNotAllowed(
      `The image '${image.name}' is not there yet: it is ${image.provisioningState}.`,
      'imageReference',
    ),
  )
}

/** What keeps bytes of images. */
export const IMAGE_TYPES = [IMAGE, VERSION] as const

/** The id of whatever else is made of these bytes: another image or version, or a VM that was made of it; null: nothing. */
export async function userOf(tables: Tables, name: string, image: string): Promise<string | null> {
  for (const type of IMAGE_TYPES)
    for await (const one of everyOf(tables, { type, naming: name }))
      if (keyOf(one.id) !== keyOf(image) && keptOf(one)?.name === name) return one.id
  return vmOf(tables, name)
}

/** What a VM is to measure comes from its image, which stays as long. @throws {ArmError} */
export async function requireUnused(tables: Tables, image: Resource): Promise<void> {
  const name = keptOf(image)?.name
  const vm = name === undefined ? null : await vmOf(tables, name)
  if (vm === null) return requireNoModel(tables, image)
  throw new ArmError(
    faults.operationNotAllowed(
      `Image ${image.name} is what VM ${vm} was made of: what that VM is to measure comes from it. Delete the VM first.`,
    ),
  )
}

/** Nor what a scale set's next instances would be made of. @throws {ArmError} */
async function requireNoModel(tables: Tables, image: Resource): Promise<void> {
  const path = ['virtualMachineProfile', 'storageProfile', 'imageReference', 'id'] as const
  for await (const set of everyOf(tables, { type: SCALE_SET, naming: image.id })) {
    if (keyOf(textAt(set.properties, ...path) ?? '') !== keyOf(image.id)) continue
    throw new ArmError(
      faults.operationNotAllowed(
        `Image ${image.name} is what the scale set ${set.id} makes its instances of. Give the set another image first, or delete it.`,
      ),
    )
  }
}

/** A VM that was made of an image; null: none is. */
async function vmOf(tables: Tables, name: string): Promise<string | null> {
  for await (const vm of everyMachine(tables, { naming: name }))
    if (textAt(vm.state, 'image') === name) return vm.id
  return null
}

function groupOf(id: string): string {
  return id.split('/providers/')[0]!
}
