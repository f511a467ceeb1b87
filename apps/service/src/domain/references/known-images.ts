import {
  type BootChange,
  COMPONENT,
  parseReferenceValues,
  type ReferenceValues,
} from '@trusted-launch/attestation'
import { fromUtf8, MalformedError, toUtf8 } from '@trusted-launch/codec'
import type { Resource, Values } from '../store.ts'
import { stateOf } from '../vm/vm.ts'
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
 * others have no versions that anybody vouches for, so nothing of them is remembered.
 * @param foretold what is foretold of a VM of the image.
 */
export async function rememberImages(
  values: Values,
  vm: Resource,
  foretold: Uint8Array,
): Promise<void> {
  const { imageVersion: version } = stateOf(vm)
  if (version === undefined) return
  const [image = ''] = imageOf(vm).split('@')
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

/** Of several images that have it, the newest. */
async function remember(values: Values, digest: string | undefined, image: KnownImage) {
  if (digest === undefined) return
  const former = await knownImage(values, digest)
  if (former !== null && compareVersions(former.version, image.version) >= 0) return
  await values.put(nameOf(digest), toUtf8(JSON.stringify(image)))
}

async function knownImage(values: Values, digest: string): Promise<KnownImage | null> {
  const kept = await values.get(nameOf(digest))
  return kept === null ? null : (JSON.parse(fromUtf8(kept)) as KnownImage)
}

/** What is known of the images that a boot measured otherwise, and of those that it did not, by digest. */
export async function knownImagesOf(
  values: Values,
  { differences }: Pick<BootChange, 'differences'>,
): Promise<ReadonlyMap<string, KnownImage>> {
  const found = new Map<string, KnownImage>()
  for (const { pcr, before, after } of differences)
    for (const digest of pcr === Number(IMAGE_PCR) ? [before, after] : []) {
      const known = digest === null ? null : await knownImage(values, digest)
      if (known !== null) found.set(digest!, known)
    }
  return found
}
