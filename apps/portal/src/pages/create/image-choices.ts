import { type ImageRow, useImages } from '../../queries/images.ts'
import { type MarketplaceImage, useMarketplace } from '../../queries/marketplace.ts'

/** Something that a VM can be made of. */
export interface ImageChoice {
  /** `publisher:offer:sku:version`, or an id. */
  readonly value: string
  readonly label: string
  readonly kind: 'marketplace' | 'image' | 'version'
  readonly reference: Readonly<Record<string, string>>
  readonly osType: 'Linux' | 'Windows'
  readonly generation: string
  /** What the marketplace says that it can; of others the report tells. */
  readonly features: readonly string[]
  /** Null: not told. */
  readonly diskGib: number | null
}

/** The marketplace's, images of one's own, and versions of galleries. */
export function useImageChoices() {
  const marketplace = useMarketplace()
  const own = useImages()
  const all = [
    ...(marketplace.data ?? []).map(ofMarketplace),
    ...(own.data ?? []).filter(({ state }) => state === 'Succeeded').map(ofOwn),
  ]
  return {
    choices: all,
    isPending: marketplace.isPending || own.isPending,
    error: marketplace.error ?? own.error,
    refetch: () => Promise.all([marketplace.refetch(), own.refetch()]),
  }
}

function ofMarketplace(image: MarketplaceImage): ImageChoice {
  const { publisher, offer, sku, osType, generation, architecture, diskGib } = image
  return {
    value: [publisher, offer, sku, 'latest'].join(':'),
    label: `${offer} (${publisher}, ${sku}, ${image.version})`,
    kind: 'marketplace',
    reference: { publisher, offer, sku, version: 'latest' },
    ...{ osType, generation, diskGib },
    features: [architecture, ...image.features.map(({ name, value }) => `${name}: ${value}`)],
  }
}

function ofOwn({ id, name, isVersion, system, generation }: ImageRow): ImageChoice {
  return {
    ...{ value: id, label: name, kind: isVersion ? 'version' : 'image', reference: { id } },
    osType: system === 'Windows' ? 'Windows' : 'Linux',
    ...{ generation, features: [], diskGib: null },
  }
}
