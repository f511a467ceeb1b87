import type { Fault } from '@trusted-launch/api'
import type { ImageFacts } from './security-type.ts'

/** An image as the marketplace shows it: ours, imported, or another's name that was bound to one of these. */
export interface MarketplaceImage extends ImageFacts {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  /** `2026.11.28`, the oldest first; none is `latest`. */
  readonly versions: readonly string[]
  readonly osType: 'Linux' | 'Windows'
  readonly osDiskGib: number
  /** `debian`, `ubuntu` …, lower case; null: not known. */
  readonly distribution: string | null
  /** What its host calls it. */
  readonly host: string
  /** Its systems have their users already. */
  readonly isSpecialized?: boolean
  /** The version of a gallery that it is, and whether that brings keys for the firmware. */
  readonly galleryVersion?: { readonly id: string; readonly hasKeys: boolean }
}

/** Names an image: `publisher:offer:sku[:version]`. */
export interface ImageReference {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  /** `latest`, or a version. */
  readonly version: string
}

/** A name of the marketplace's that means one of the images here: `tl image bind`. */
export interface Binding {
  readonly name: Omit<ImageReference, 'version'>
  /** Which image it means; `latest` goes on meaning the latest. */
  readonly image: ImageReference
}

const gen2 = {
  publisher: 'trusted-launch',
  sku: 'gen2',
  osType: 'Linux',
  hyperVGeneration: 'V2',
  architecture: 'x64',
  securityType: 'TrustedLaunchSupported',
  distribution: 'debian',
} as const

/** The guests that this project builds, without their versions: those are what was built here, and when. */
export const platformImages: readonly Omit<MarketplaceImage, 'versions'>[] = [
  { ...gen2, offer: 'debian-12', osDiskGib: 2, host: 'debian-12' },
  { ...gen2, offer: 'small', osDiskGib: 1, host: 'small' },
  { ...gen2, offer: 'uki', osDiskGib: 1, host: 'uki' },
]

/** Nobody logs in to these: there is no sshd in them. */
const WITHOUT_SSHD = ['small', 'uki']

/** Whether somebody may answer SSH in a VM of an image, by what its host calls it (`small@2026.11.28`): of images of others nobody knows. */
export function mayTakeSsh(host = ''): boolean {
  return !WITHOUT_SSHD.includes(host.split('@')[0]!)
}

/** All names that images go by: the images themselves, and those bound to one that is there. */
export function boundImages(
  images: readonly MarketplaceImage[],
  bindings: readonly Binding[],
): MarketplaceImage[] {
  const bound = bindings.flatMap(({ name, image }) => {
    const found = resolveImage(images, image)
    if ('fault' in found) return []
    const versions = image.version === 'latest' ? found.image.versions : [found.version]
    return [{ ...found.image, ...name, versions }]
  })
  return [...images, ...bound]
}

/** The image and version that a reference means; names in any case of letters. */
export function resolveImage(
  images: readonly MarketplaceImage[],
  reference: ImageReference,
): { image: MarketplaceImage; version: string } | { fault: Fault } {
  const image = images.find((one) => isNamed(one, reference))
  const wanted = reference.version
  const version =
    wanted.toLowerCase() === 'latest'
      ? image?.versions.at(-1)
      : image?.versions.find((one) => one === wanted)
  if (image === undefined || version === undefined) return { fault: imageNotFound(reference) }
  return { image, version }
}

/** `Debian:debian-12:12-gen2`, with or without a version; null: not of that form. */
export function parseImageReference(text: string): ImageReference | null {
  const parts = text.split(':')
  const [publisher = '', offer = '', sku = '', version = 'latest'] = parts
  const whole = parts.length === 3 || parts.length === 4
  if (!whole || ![publisher, offer, sku, version].every((part) => NAME.test(part))) return null
  return { publisher, offer, sku, version }
}

const NAME = /^[\w.-]{1,80}$/

function isNamed(image: MarketplaceImage, { publisher, offer, sku }: ImageReference): boolean {
  const key = (...parts: string[]) => parts.join(':').toLowerCase()
  return key(image.publisher, image.offer, image.sku) === key(publisher, offer, sku)
}

function imageNotFound({ publisher, offer, sku, version }: ImageReference): Fault {
  const named = [publisher, offer, sku, version].join(':').slice(0, 200)
  return {
    status: 404,
    code: 'PlatformImageNotFound',
    message: `The platform image '${named}' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile`,
    target: 'imageReference',
  }
}
