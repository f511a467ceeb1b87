import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { locationOf } from './place.ts'

/** An image of the marketplace, as its newest version is. */
export interface MarketplaceImage {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  readonly version: string
  readonly osType: 'Linux' | 'Windows'
  readonly diskGib: number
  readonly generation: string
  readonly architecture: string
  /** `SecurityType: TrustedLaunchSupported` … */
  readonly features: readonly { readonly name: string; readonly value: string }[]
}

/** Every image of the marketplace: asked level by level, as Azure's own clients do. */
export function useMarketplace() {
  const { id } = useSubscription()
  return useQuery({
    queryKey: ['marketplace', id],
    queryFn: async () => {
      const root = `${id}/providers/Microsoft.Compute/locations/${await locationOf(id)}/publishers`
      const publishers = await namesAt(root)
      const offers = await deeper(publishers, (publisher) =>
        namesAt(`${root}/${publisher}/artifacttypes/vmimage/offers`),
      )
      const at = (publisher: string, offer: string) =>
        `${root}/${publisher}/artifacttypes/vmimage/offers/${offer}/skus`
      const images = offers.map(async ([publisher, offer]) => {
        const skus = await namesAt(at(publisher, offer))
        const named = { publisher, offer }
        return Promise.all(
          skus.map((sku) => newest({ ...named, sku }, `${at(publisher, offer)}/${sku}`)),
        )
      })
      return (await Promise.all(images)).flat(2)
    },
  })
}

async function newest(
  named: Pick<MarketplaceImage, 'publisher' | 'offer' | 'sku'>,
  sku: string,
): Promise<readonly MarketplaceImage[]> {
  const [version] = await namesAt(`${sku}/versions?$top=1&$orderby=name%20desc`)
  if (version === undefined) return []
  const { properties }: any = await background.get(`${sku}/versions/${version}`)
  const { osDiskImage, hyperVGeneration: generation, architecture, features = [] } = properties
  const { operatingSystem: osType, sizeInGb: diskGib } = osDiskImage
  return [{ ...named, version, osType, diskGib, generation, architecture, features }]
}

async function namesAt(path: string): Promise<readonly string[]> {
  const found = (await background.get(path)) as unknown as readonly { readonly name: string }[]
  return found.map(({ name }) => name)
}

async function deeper(
  names: readonly string[],
  below: (name: string) => Promise<readonly string[]>,
): Promise<readonly (readonly [string, string])[]> {
  const found = names.map(async (name) => (await below(name)).map((one) => [name, one] as const))
  return (await Promise.all(found)).flat()
}
