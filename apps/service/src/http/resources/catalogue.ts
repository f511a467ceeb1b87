import { ArmError, type Fault, faults } from '@trusted-launch/api'
import {
  extensionPublishers,
  extensionType,
  extensionView,
  typesOf,
} from '../../catalogue/extensions.ts'
import { imageView, listImages } from '../../catalogue/image-views.ts'
import { isSameLocation } from '../../catalogue/regions.ts'
import { type Size, sizeNamed, sizes } from '../../catalogue/sizes.ts'
import { isToBeHad, skuView, vmSizeView } from '../../catalogue/skus.ts'
import { usagesView } from '../../catalogue/usages.ts'
import { requireSubscription } from '../../domain/groups.ts'
import { namedImages } from '../../domain/image/binding.ts'
import { everyMachine } from '../../domain/machines.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { type Power, stateOf, textAt, VM } from '../../domain/vm/vm.ts'
import { groupPath } from '../arm-type.ts'
import { clausesOf } from '../filter.ts'
import type { Ground } from '../ground.ts'
import { requireLocation } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requireVm } from './virtual-machines.ts'

const SUBSCRIPTION = '/subscriptions/:subscriptionId/providers/Microsoft.Compute'
const LOCATION = `${SUBSCRIPTION}/locations/:location`
const PUBLISHER = `${LOCATION}/publishers/:publisher`
const OFFERS = `${PUBLISHER}/artifacttypes/vmimage/offers`
/** The power of a VM that takes vCPUs of its host. */
const RUNS: readonly Power[] = ['starting', 'running', 'stopping', 'deallocating']
const TYPES = `${PUBLISHER}/artifacttypes/vmextension/types`

/** Sizes, usages, the marketplace and the kinds of extensions: data, by what this host can give. */
export function catalogueRoutes(rules: VmRules, ground: Ground): Route[] {
  const read = (path: string, action: string, answer: (request: ArmRequest) => unknown): Route => ({
    ...{ method: 'GET', path, action: `Microsoft.Compute/${action}/read` },
    handle: async (request): Promise<ArmReply> => {
      const { subscriptionId, location } = request.params
      await requireSubscription(ground.store, subscriptionId!)
      if (location !== undefined)
        requireLocation(`Microsoft.Compute/${action}`, ground, location, null)
      return { status: 200, body: found(await answer(request)) }
    },
  })
  const named = ({ params }: ArmRequest) => namedImages(ground.store, params.subscriptionId!, rules)
  const images = async (request: ArmRequest) =>
    listImages(await named(request), placeOf(request.params), extensionPublishers)
  return [
    read(`${SUBSCRIPTION}/skus`, 'skus', (request) => skus(rules, ground, request)),
    read(`${LOCATION}/vmSizes`, 'locations/vmSizes', () => ({
      value: toBeHad(rules).map(vmSizeView),
    })),
    {
      ...read(`${groupPath(VM)}/vmSizes`, 'virtualMachines/vmSizes', async (request) => {
        await requireVm(ground, request)
        return { value: toBeHad(rules).map(vmSizeView) }
      }),
    },
    read(`${LOCATION}/usages`, 'locations/usages', () => usages(rules, ground)),
    read(`${LOCATION}/publishers`, 'locations/publishers', images),
    read(OFFERS, 'locations/publishers/artifacttypes/offers', images),
    read(`${OFFERS}/:offer/skus`, 'locations/publishers/artifacttypes/offers/skus', images),
    read(
      `${OFFERS}/:offer/skus/:sku/versions`,
      'locations/publishers/artifacttypes/offers/skus/versions',
      async (request) => ordered(await images(request), request),
    ),
    read(
      `${OFFERS}/:offer/skus/:sku/versions/:version`,
      'locations/publishers/artifacttypes/offers/skus/versions',
      async (request) =>
        imageView(
          await named(request),
          placeOf(request.params) as Required<ReturnType<typeof placeOf>>,
          request.params.version!,
        ),
    ),
    read(TYPES, 'locations/publishers/artifacttypes/types', ({ params }) =>
      typesOf(params.publisher!).map((one) => ({ name: one.type, location: params.location })),
    ),
    read(
      `${TYPES}/:type/versions`,
      'locations/publishers/artifacttypes/types/versions',
      ({ params }) => {
        const { extension } = found(extensionType(params.publisher!, params.type!))
        return extension.versions.map((version) =>
          extensionView(extension, placeOf(params), version),
        )
      },
    ),
    read(
      `${TYPES}/:type/versions/:version`,
      'locations/publishers/artifacttypes/types/versions',
      ({ params }) => {
        const { extension } = found(extensionType(params.publisher!, params.type!))
        return extensionView(extension, placeOf(params), params.version!)
      },
    ),
  ]
}

/** A view as it is, and a fault as the refusal that it is. @throws {ArmError} */
function found<T>(view: T): Exclude<T, { readonly fault: Fault }> {
  if (typeof view === 'object' && view !== null && 'fault' in view)
    throw new ArmError(view.fault as Fault)
  return view as Exclude<T, { readonly fault: Fault }>
}

function placeOf(params: Readonly<Record<string, string>>) {
  const { subscriptionId = '', location = '', publisher, offer, sku } = params
  return {
    ...{ subscriptionId, location },
    ...(publisher !== undefined && { publisher }),
    ...(offer !== undefined && { offer }),
    ...(sku !== undefined && { sku }),
  }
}

/** `$orderby=name desc`, `$top=1`: how `az` asks for the newest. */
function ordered(list: ReturnType<typeof listImages>, { query }: ArmRequest) {
  if ('fault' in list) return list
  const all = /\bdesc$/i.test(query.$orderby ?? '') ? [...list].reverse() : list
  const top = Number(query.$top ?? all.length)
  return all.slice(0, Number.isInteger(top) && top >= 0 ? top : all.length)
}

function toBeHad(rules: VmRules) {
  return sizes.filter((size) => isToBeHad(size, rules.place().capacity))
}

/** `$filter=location eq 'westeurope'`: elsewhere there are none. @throws {ArmError} another filter. */
function skus(rules: VmRules, { location }: Ground, { query }: ArmRequest) {
  const clauses = clausesOf(query.$filter)
  if (clauses === null || clauses.some(({ name, verb }) => name !== 'location' || verb !== 'eq'))
    throw new ArmError(faults.invalidFilter(query.$filter!))
  if (clauses.some(({ value }) => !isSameLocation(value, location))) return { value: [] }
  return { value: sizes.map((size) => skuView(size, [location], rules.place().capacity)) }
}

/** Of the host, which all subscriptions share: what is left of a limit is left to any of them. */
async function usages(rules: VmRules, { store }: Ground) {
  const running: Size[] = []
  for await (const vm of everyMachine(store)) {
    const size = sizeNamed(textAt(vm.properties, 'hardwareProfile', 'vmSize') ?? '')
    if (size !== null && RUNS.includes(stateOf(vm).power)) running.push(size)
  }
  return { value: usagesView(running, rules.place().capacity) }
}
