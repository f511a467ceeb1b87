import type { Fault } from '@trusted-launch/api'
import { type ImageReference, type MarketplaceImage, resolveImage } from './images.ts'

/** An entry of a marketplace list. */
export interface ArtifactView {
  readonly id: string
  readonly name: string
  readonly location: string
}

/** A place in the marketplace: what is left out is what the list is of. */
export interface ImagePlace {
  readonly subscriptionId: string
  readonly location: string
  readonly publisher?: string
  readonly offer?: string
  readonly sku?: string
}

const LEVELS = ['publisher', 'offer', 'sku'] as const

/**
 * Publishers, a publisher's offers, an offer's skus (by name) or a sku's versions (the oldest first), each once.
 * A place that holds nothing is not found.
 *
 * @param others publishers of other things, as of extensions: they are among the publishers, with no offers.
 */
export function listImages(
  images: readonly MarketplaceImage[],
  place: ImagePlace,
  others: readonly string[] = [],
): readonly ArtifactView[] | { fault: Fault } {
  const given = LEVELS.filter((level) => place[level] !== undefined)
  const within = images.filter((image) => given.every((level) => same(image[level], place[level])))
  if (within.length === 0 && given.length > 0) {
    const isOther = given.length === 1 && others.some((one) => same(one, place.publisher))
    return isOther ? [] : { fault: artifactNotFound }
  }
  const next = LEVELS[given.length]
  const names =
    next === undefined
      ? within.flatMap((image) => image.versions)
      : [...within.map((image) => image[next]), ...(given.length === 0 ? others : [])].sort()
  return [...new Set(names)].map((name) => ({
    id: `${idOf(place)}${SEGMENTS[given.length]}/${name}`,
    name,
    location: place.location,
  }))
}

/** One version, with what a client decides by: generation, architecture, features. */
export function imageView(
  images: readonly MarketplaceImage[],
  place: Required<ImagePlace>,
  version: string,
): object | { fault: Fault } {
  const reference: ImageReference = { ...place, version }
  const found = resolveImage(images, reference)
  if ('fault' in found) return { fault: artifactNotFound }
  const { image } = found
  return {
    id: `${idOf(place)}/versions/${found.version}`,
    name: found.version,
    location: place.location,
    properties: {
      plan: null,
      osDiskImage: { operatingSystem: image.osType, sizeInGb: image.osDiskGib },
      dataDiskImages: [],
      automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
      hyperVGeneration: image.hyperVGeneration,
      architecture: image.architecture,
      features: featuresOf(image),
      imageDeprecationStatus: { imageState: 'Active' },
    },
  }
}

/** As `features` of a marketplace or gallery image. */
export function featuresOf({
  securityType,
}: Pick<MarketplaceImage, 'securityType'>): { name: string; value: string }[] {
  return securityType === null ? [] : [{ name: 'SecurityType', value: securityType }]
}

const SEGMENTS = ['', '/artifacttypes/vmimage/offers', '/skus', '/versions']

function idOf({ subscriptionId, location, publisher, offer, sku }: ImagePlace): string {
  const names = [publisher, offer, sku].filter((name) => name !== undefined)
  const path = names.map((name, i) => `${SEGMENTS[i]}/${name}`).join('')
  return `/Subscriptions/${subscriptionId}/Providers/Microsoft.Compute/Locations/${location}/Publishers${path}`
}

const same = (a: string, b: string | undefined) => a.toLowerCase() === b?.toLowerCase()

const artifactNotFound: Fault = {
  status: 404,
  code: 'NotFound',
  message: 'Artifact: VMImage was not found.',
}
