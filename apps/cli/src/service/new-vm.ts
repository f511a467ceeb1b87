export const VM = 'Microsoft.Compute/virtualMachines'

/** Names that our own images go by alone. */
const OWN_PUBLISHER = 'trusted-launch'
const OWN_SKU = 'gen2'

/** @throws {Error} neither a name nor `publisher:offer:sku[:version]`. */
export function imageReference(image: string): Record<string, string> {
  const parts = image.split(':')
  if (parts.length === 1)
    return { publisher: OWN_PUBLISHER, offer: image, sku: OWN_SKU, version: 'latest' }
  const [publisher, offer, sku, version = 'latest'] = parts
  if (parts.length > 4 || parts.includes('') || !sku)
    throw new Error(
      `${image} is no image: debian-12, or PUBLISHER:OFFER:SKU[:VERSION]; tl image list shows them`,
    )
  return { publisher: publisher!, offer: offer!, sku, version }
}
