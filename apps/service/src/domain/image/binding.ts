import { ArmError, faults, parseResourceId } from '@trusted-launch/api'
import {
  type Binding,
  boundImages,
  type ImageReference,
  type MarketplaceImage,
  parseImageReference,
  resolveImage,
} from '../../catalogue/images.ts'
import { everyOf } from '../every-of.ts'
import type { Link } from '../links.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { Json, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { factsOf, IMAGE, requireImageById } from './image.ts'

/** A name of Azure's marketplace that means an image of this subscription, or one of ours. */
export const BINDING = 'TrustedLaunch/imageBindings'

/** What decides about bindings beside what is asked. */
export interface BindingRules {
  readonly images: () => readonly MarketplaceImage[]
}

/** `PUBLISHER:OFFER:SKU` is a binding's name; what it means is in `properties.image`. @throws {ArmError} */
export function bindingPlanner({ images }: BindingRules) {
  return async (id: string, wanted: Wanted, _: Resource | null, moment: Moment): Promise<Plan> => {
    const name = parseResourceId(id)!.names.at(-1)!
    const named = parseImageReference(name)
    if (named === null || name.split(':').length !== 3)
      throw new ArmError(faults.invalidParameter('name: PUBLISHER:OFFER:SKU'))
    if (images().some((one) => sameName(one, named)))
      throw new ArmError(
        faults.operationNotAllowed(`'${name}' is the name of an image that is here already.`),
      )
    const image = at(wanted.properties, 'image')
    const imageId = textAt(image, 'id')
    if (imageId !== null) await requireImageById(moment.tables, imageId)
    else {
      const found = resolveImage(images(), referenceOf(image))
      if ('fault' in found) throw new ArmError(found.fault)
    }
    return { properties: wanted.properties, work: null }
  }
}

/** The image that it means, where it is one by its id. */
export function bindingLinks(_: string, { properties }: Wanted): Link[] {
  const id = textAt(properties, 'image', 'id')
  const path = 'properties.image.id'
  return id === null ? [] : [{ id, type: IMAGE, action: `${IMAGE}/read`, path }]
}

/** All names that images go by in a subscription: ours, and those that were bound. */
export async function namedImages(
  tables: Tables,
  subscriptionId: string,
  { images }: BindingRules,
): Promise<readonly MarketplaceImage[]> {
  const own = images()
  const imported: MarketplaceImage[] = []
  const bindings: Binding[] = []
  for await (const binding of everyOf(tables, { type: BINDING, subscriptionId })) {
    const image = at(binding.properties, 'image')
    const id = textAt(image, 'id')
    const row = id === null ? null : await tables.resources.get(id)
    const facts = row === null ? null : factsOf(row)
    if (id !== null && facts === null) continue
    if (facts !== null) imported.push(facts)
    const meant = facts === null ? referenceOf(image) : { ...facts, version: 'latest' }
    bindings.push({ name: parseImageReference(binding.name)!, image: meant })
  }
  const all = [...own, ...imported]
  const bound = boundImages(all, bindings).slice(all.length)
  return [...own, ...bound]
}

function referenceOf(image: Json | undefined): ImageReference {
  const [publisher = '', offer = '', sku = '', version = ''] = [
    ...['publisher', 'offer', 'sku', 'version'].map((part) => textAt(image, part) ?? ''),
  ]
  return { publisher, offer, sku, version: version === '' ? 'latest' : version }
}

type Named = Pick<ImageReference, 'publisher' | 'offer' | 'sku'>

function sameName(a: Named, b: Named): boolean {
  const key = ({ publisher, offer, sku }: Named) => [publisher, offer, sku].join(':').toLowerCase()
  return key(a) === key(b)
}
