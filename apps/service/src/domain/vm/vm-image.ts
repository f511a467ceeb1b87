import { ArmError, faults, parseResourceId } from '@trusted-launch/api'
import { type MarketplaceImage, platformImages, resolveImage } from '../../catalogue/images.ts'
import { namedTypeOf, requireNamedImage } from '../gallery/named-image.ts'
import { type BindingRules, namedImages } from '../image/binding.ts'
import type { Link } from '../links.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { requireOwnDisk, takesDisk } from './attached-disk.ts'
import { at, textAt, type VmState } from './vm.ts'

const REFERENCE = ['storageProfile', 'imageReference'] as const

/** The image that a VM names, or the disk that it takes as its own: by the id of one of its own, or by a name of the marketplace. @throws {ArmError} */
export async function requireVmImage(
  rules: BindingRules,
  tables: Tables,
  vm: string,
  properties: JsonObject,
): Promise<MarketplaceImage> {
  if (takesDisk(properties)) return requireOwnDisk(tables, vm, properties)
  const reference = at(properties, ...REFERENCE)
  if (reference === undefined) throw new ArmError(faults.missingParameter('imageReference'))
  const id = textAt(reference, 'id')
  if (id !== null) return requireNamedImage(tables, id)
  const [publisher = '', offer = '', sku = '', version = ''] = [
    ...['publisher', 'offer', 'sku', 'version'].map((name) => textAt(reference, name) ?? ''),
  ]
  const images = await namedImages(tables, parseResourceId(vm)!.subscriptionId!, rules)
  const wanted = { publisher, offer, sku, version: version === '' ? 'latest' : version }
  const found = resolveImage(images, wanted)
  if ('fault' in found) throw new ArmError(found.fault)
  return found.image
}

/** What `latest` means now, of an image that has versions, and what its host calls the one that is meant. */
export function exactImageOf(
  properties: JsonObject,
  { versions, host, galleryVersion }: MarketplaceImage,
): Pick<VmState, 'image' | 'imageVersion' | 'galleryVersion'> {
  if (galleryVersion !== undefined)
    return { image: host, imageVersion: versions[0]!, galleryVersion: galleryVersion.id }
  const asked = textAt(properties, ...REFERENCE, 'version') ?? 'latest'
  const latest = versions.at(-1)
  if (latest === undefined || textAt(properties, ...REFERENCE, 'publisher') === null)
    return { image: host }
  const imageVersion = /^(?:latest)?$/i.test(asked) ? latest : asked
  return { image: isPlatform(host) ? `${host}@${imageVersion}` : host, imageVersion }
}

/** What the state of a VM has of the image that its host made. */
export function madeImageOf(image: string): Pick<VmState, 'image' | 'imageVersion'> {
  const [name, version] = image.split('@')
  return version === undefined || !isPlatform(name!) ? { image } : { image, imageVersion: version }
}

/** Whether an image is one of this service: its versions are what they say. */
export function isPlatform(host: string): boolean {
  return platformImages.some((image) => image.host === host)
}

/** The image that a VM was made from, while there is one of that name. */
export async function imageOfVm(
  rules: BindingRules,
  tables: Tables,
  vm: Resource,
): Promise<MarketplaceImage | null> {
  try {
    return await requireVmImage(rules, tables, vm.id, vm.properties)
  } catch (error) {
    if (error instanceof ArmError) return null
    throw error
  }
}

/** The image that a body names by its id. */
export function imageLinks(properties: JsonObject): Link[] {
  const id = textAt(properties, ...REFERENCE, 'id')
  if (id === null) return []
  const path = `properties.${REFERENCE.join('.')}.id`
  const type = namedTypeOf(id)
  return [{ id, type, action: `${type}/read`, path }]
}
