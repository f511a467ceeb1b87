import { everyOf } from '../every-of.ts'
import { setIdOf } from '../plans.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, stateOf, textAt } from '../vm/vm.ts'

/** What somebody approved, beside what the host foretells: it extends a VM, a scale set or a subscription. */
export const REFERENCE_VALUES = 'TrustedLaunch/referenceValues'

/** One variant that counts at a scope, and who answers for it. */
export interface KeptReference {
  /** Who decided: a person, an announcement that was made before, a monitoring plan, or the rule of grown disks. */
  readonly how: 'person' | 'announcement' | 'plan' | 'grown-disk'
  /** The variant's name, as it stands in the reference values of a verdict. */
  readonly variant: string
  /** Of its file. */
  readonly sha256: string
  /** What the host calls the image whose VMs it is for; null: all at the scope. */
  readonly image: string | null
  /** Which VM it is for, by a name that no other has after it; null: others, too. */
  readonly vmId: string | null
  readonly by: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly why: string
  readonly request: string
  /** The variant that it differs from: an older one, which may retire. */
  readonly supersedes: string | null
  /** The version of the image that what was approved is known from; null: not known. */
  readonly imageVersion: string | null
  /** That image's name; none: an older program did not keep it. */
  readonly imageName?: string
  /** The id of the drift that it was made of. */
  readonly drift: string
}

/** At one scope. Each is held against each boot. */
export const REFERENCES_MAX = 16

export function referenceIn({ state }: Resource): KeptReference {
  return at(state, 'reference') as unknown as KeptReference
}

/** Where the bytes of one are, by its name. */
export function valueOfReference(name: string): string {
  return `reference/${name}`
}

/** What the host calls the image that a VM was made of. */
export function imageOf(vm: Resource): string {
  const reference = at(vm.properties, 'storageProfile', 'imageReference')
  return stateOf(vm).image ?? textAt(reference, 'offer') ?? ''
}

/** Where an approval may hold for a VM, by its name; a scope that the VM has none of is not there. */
export function scopesOf(vm: Resource): Readonly<Record<string, string>> {
  const set = setIdOf(vm)
  const subscription = `/subscriptions/${vm.subscriptionId}`
  // A VM of a disk that ran elsewhere is of no image: all such would be one.
  const ofImage = imageOf(vm) === '' ? {} : { image: subscription }
  return { vm: vm.id, ...ofImage, subscription, ...(set !== null && { set }) }
}

/** All that are for a VM, at itself and above. */
export async function referencesFor(tables: Tables, vm: Resource): Promise<Resource[]> {
  const image = imageOf(vm)
  const { vmId } = stateOf(vm)
  const found: Resource[] = []
  for (const parentId of new Set(Object.values(scopesOf(vm))))
    for await (const row of everyOf(tables, { type: REFERENCE_VALUES, parentId })) {
      const one = referenceIn(row)
      const isMeant = (one.vmId ?? vmId) === vmId && (one.image ?? image) === image
      if (isMeant) found.push(row)
    }
  return found
}

/** @throws {StoreError} `store-exists` */
export async function insertReference(
  { resources, values }: Tables,
  scope: string,
  name: string,
  reference: KeptReference,
  file: Uint8Array,
): Promise<Resource> {
  const [, , subscriptionId, , resourceGroup] = scope.split('/')
  await values.put(valueOfReference(name), file)
  return resources.insert(
    {
      ...{ id: `${scope}/providers/${REFERENCE_VALUES}/${name}`, type: REFERENCE_VALUES, name },
      ...{ subscriptionId: subscriptionId!, resourceGroup: resourceGroup ?? null },
      ...{ parentId: scope, location: null, tags: {}, envelope: {}, properties: {} },
      ...{ state: { reference: reference as unknown as JsonObject }, createdAt: reference.at },
      provisioningState: 'Succeeded',
    },
    reference.at,
  )
}

/** @returns whether there was one. */
export async function removeReference({ resources, values }: Tables, row: Resource) {
  await values.delete(valueOfReference(row.name))
  return resources.delete(row.id)
}
