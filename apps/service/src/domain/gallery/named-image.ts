import { ArmError, type Fault, faults, keyOf, parseResourceId, typeOf } from '@trusted-launch/api'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import { everyOf } from '../every-of.ts'
import { GIB, IMAGE, keptOf, requireImageById } from '../image/image.ts'
import type { Resource, Tables } from '../store.ts'
import { stateOf, textAt } from '../vm/vm.ts'
import { definitionFacts } from './definition.ts'
import { DEFINITION, VERSION } from './gallery.ts'
import { keysOfVersion, saysKeys } from './uefi-settings.ts'
import { definitionOf, isExcluded, numberOf } from './version.ts'

/** What an image may be named by, by its id: a managed image, a version, or a definition, whose latest version it is then. */
export const NAMED_TYPES = [IMAGE, VERSION, DEFINITION] as const

/** The type that an id names; of another one, what is looked for. */
export function namedTypeOf(id: string): (typeof NAMED_TYPES)[number] {
  const parsed = parseResourceId(id)
  const type = parsed === null ? '' : keyOf(typeOf(parsed))
  return NAMED_TYPES.find((one) => keyOf(one) === type) ?? IMAGE
}

/** @throws {ArmError} it is not there, or not yet. */
export async function requireNamedImage(tables: Tables, id: string): Promise<MarketplaceImage> {
  const type = namedTypeOf(id)
  if (type === IMAGE) return requireImageById(tables, id)
  const version = type === VERSION ? await tables.resources.get(id) : await latestOf(tables, id)
  if (version === null) throw new ArmError(notFound(id, type))
  const definition = await tables.resources.get(definitionOf(version.id))
  const kept = keptOf(version)
  if (kept === null || version.provisioningState !== 'Succeeded' || definition === null)
    throw new ArmError(
      faults.operationNotAllowed(
        `The gallery image version '${version.id}' is not there yet: it is ${version.provisioningState}.`,
        'imageReference',
      ),
    )
  return { ...imageOf(definition, version), ...ofBytes(kept) }
}

/** What the definition says; bytes of another kind were refused when the version was made. */
function imageOf(definition: Resource, version: Resource) {
  const { osState, ...facts } = definitionFacts(definition)
  const part = (name: string) => textAt(definition.properties, 'identifier', name) ?? ''
  return {
    ...{ publisher: part('publisher'), offer: part('offer'), sku: part('sku') },
    ...{ ...facts, versions: [version.name], isSpecialized: osState === 'Specialized' },
    galleryVersion: { id: version.id, hasKeys: saysKeys(version.properties) },
  }
}

function ofBytes({ name, examination }: NonNullable<ReturnType<typeof keptOf>>) {
  const { distribution, sizeBytes } = examination
  return { distribution, osDiskGib: Math.ceil(sizeBytes / GIB), host: name }
}

/** The keys of the version that a machine began with; null: its system's own. @throws {ArmError} it is gone. */
export async function signaturesOf(
  { resources }: Pick<Tables, 'resources'>,
  vm: Resource,
): Promise<SecureBootTemplate | null> {
  const { keysOf } = stateOf(vm)
  if (keysOf === undefined) return null
  const version = await resources.get(keysOf)
  const definition = version === null ? null : await resources.get(definitionOf(version.id))
  if (version === null || definition === null) throw new ArmError(notFound(keysOf, VERSION))
  return keysOfVersion(version.properties, definitionFacts(definition).osType)
}

/** The highest of those that are there and not excluded; null: none is. */
async function latestOf(tables: Tables, parentId: string): Promise<Resource | null> {
  let latest: Resource | null = null
  for await (const one of everyOf(tables, { type: VERSION, parentId }))
    if (one.provisioningState === 'Succeeded' && !isExcluded(one))
      if (latest === null || isHigher(one, latest)) latest = one
  return latest
}

function isHigher(one: Resource, than: Resource): boolean {
  const [a, b] = [one, than].map(({ name }) => numberOf(name) ?? [])
  const at = [0, 1, 2].find((i) => a![i] !== b![i])
  return at !== undefined && a![at]! > b![at]!
}

/** Azure's words of a definition without versions. */
function notFound(id: string, type: string): Fault {
  const [code, what] =
    type === VERSION
      ? ['GalleryImageVersionNotFound', 'gallery image version']
      : ['GalleryImageNotFound', 'gallery image']
  return {
    status: 404,
    code: code!,
    message: `The ${what} ${id.slice(0, 500)} is not available here. Verify that it is there, has a version that is not excluded from latest, and is replicated to the region that is asked for.`,
    target: 'imageReference',
  }
}
