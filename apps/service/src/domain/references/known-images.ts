import {
  type BootChange,
  COMPONENT,
  parseReferenceValues,
  type ReferenceValues,
} from '@trusted-launch/attestation'
import { fromUtf8, MalformedError, toUtf8 } from '@trusted-launch/codec'
import type { Resource, Values } from '../store.ts'
import { stateOf } from '../vm/vm.ts'
import { isPlatform } from '../vm/vm-image.ts'
import { imageOf } from './kept.ts'
import { compareVersions, type KnownImage } from './signed-images.ts'

const IMAGE_PCR = '4'
const NAMED: readonly string[] = [
  COMPONENT.shim,
  COMPONENT.grub,
  COMPONENT.kernel,
  COMPONENT.unifiedKernelImage,
  COMPONENT.systemdBoot,
]

const nameOf = (digest: string) => `known-image/${digest}`

/**
 * Remembers the boot loaders and kernels that a pristine image of this service has, with the image's version. Images of
 * others, in a gallery or not, have versions that nobody vouches for: nothing of them is remembered.
 * @param foretold what is foretold of a VM of the image.
 */
export async function rememberImages(
  values: Values,
  vm: Resource,
  foretold: Uint8Array,
): Promise<void> {
  const { imageVersion: version } = stateOf(vm)
  const image = platformImageOf(vm)
  if (version === undefined || image === null) return
  for (const { pcrs, banks } of variantsIn(foretold))
    for (const { component, path, digests } of pcrs[IMAGE_PCR]?.events ?? [])
      if (NAMED.includes(component))
        for (const bank of banks)
          await remember(values, digests[bank], { component, path, image, version })
}

/** What does not read is told by the verdict. */
function variantsIn(foretold: Uint8Array): ReferenceValues['variants'] {
  try {
    return parseReferenceValues(foretold).variants
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return []
  }
}

/** Of several versions of an image that have it, the newest. */
async function remember(values: Values, digest: string | undefined, image: KnownImage) {
  if (digest === undefined) return
  const all = await knownAs(values, digest)
  const former = all.find((one) => one.image === image.image)
  if (former !== undefined && compareVersions(former.version, image.version) >= 0) return
  const others = all.filter((one) => one !== former)
  await values.put(nameOf(digest), toUtf8(JSON.stringify([...others, image])))
}

/** One of each image that has it. An older program kept one of all, whoever's image it was. */
async function knownAs(values: Values, digest: string): Promise<readonly KnownImage[]> {
  const kept = await values.get(nameOf(digest))
  if (kept === null) return []
  const found = JSON.parse(fromUtf8(kept)) as KnownImage | KnownImage[]
  return [found].flat().filter(({ image }) => isPlatform(image))
}

/** The image of this service that a VM was made of, without its version; null: another one. */
export function platformImageOf(vm: Resource): string | null {
  const [image = ''] = imageOf(vm).split('@')
  return isPlatform(image) ? image : null
}

/**
 * What is known of the images that a boot measured otherwise, and of those that it did not, by digest.
 * @param image as files of that image, whose versions can be compared; null: of any.
 */
export async function knownImagesOf(
  values: Values,
  { differences }: Pick<BootChange, 'differences'>,
  image: string | null,
): Promise<ReadonlyMap<string, KnownImage>> {
  const found = new Map<string, KnownImage>()
  for (const { pcr, before, after } of differences)
    for (const digest of pcr === Number(IMAGE_PCR) ? [before, after] : []) {
      const all = digest === null ? [] : await knownAs(values, digest)
      const known = all.find((one) => image === null || one.image === image)
      if (known !== undefined) found.set(digest!, known)
    }
  return found
}

/**
 * The newest version of a platform image that has what a change put in place: nothing below it is taken by itself
 * afterwards. Null: no image has any of it.
 */
export async function versionAfter(
  values: Values,
  vm: Resource,
  change: Pick<BootChange, 'differences'>,
): Promise<ImageVersion | null> {
  const image = platformImageOf(vm)
  if (image === null) return null
  const known = await knownImagesOf(values, change, image)
  const versions = change.differences.flatMap(({ after }) => known.get(after ?? '')?.version ?? [])
  const [version] = versions.sort((a, b) => compareVersions(b, a))
  return version === undefined ? null : { imageName: image, imageVersion: version }
}

/** A version of an image: with those of other images it cannot be compared. */
export interface ImageVersion {
  readonly imageName: string
  readonly imageVersion: string
}
