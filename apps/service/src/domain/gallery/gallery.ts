import { ArmError, type Fault, nameOf, parseResourceId } from '@trusted-launch/api'
import type { Plan, Wanted } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'

/** Azure Compute Gallery: it holds definitions, and these versions, of which VMs are made. */
export const GALLERY = 'Microsoft.Compute/galleries'
export const DEFINITION = `${GALLERY}/images`
export const VERSION = `${DEFINITION}/versions`

/** What decides about galleries beside what is asked. */
export interface GalleryRules {
  /** Paths of a body that ask for what there is not here. */
  readonly refusedOfGalleries: (type: string, body: JsonObject) => readonly string[]
}

const NAME = /^[a-z\d](?:[\w.]{0,78}\w)?$/i

/** A gallery says nothing but what it is called. @throws {ArmError} */
export function galleryPlanner(rules: GalleryRules) {
  return async (id: string, wanted: Wanted, existing: Resource | null): Promise<Plan> => {
    const name = nameOf(parseResourceId(id)!)
    if (existing === null && !NAME.test(name)) throw new ArmError(nameFault(name))
    requireOfferedHere(rules, 'Gallery', wanted)
    return { properties: wanted.properties, work: null }
  }
}

/** `subscription-NAME`: Azure's unique name of a gallery. */
export function uniqueNameOf({ subscriptionId, name }: Resource): string {
  return `${subscriptionId}-${name.toUpperCase()}`
}

/** @throws {ArmError} the first member that asks for what there is not here. */
export function requireOfferedHere(
  rules: GalleryRules,
  type: string,
  { envelope, properties }: Pick<Wanted, 'envelope' | 'properties'>,
): void {
  const [path] = rules.refusedOfGalleries(type, { ...envelope, properties })
  if (path === undefined) return
  throw new ArmError({
    status: 400,
    code: 'BadRequest',
    message: `'${path}' is not offered by this installation: leave it out.`,
    target: path,
  })
}

const NAMED_MAX = 5

/** What lies in a gallery or a definition goes before it. @throws {ArmError} 409, Azure's words. */
export async function requireEmpty(
  { resources }: Pick<Tables, 'resources'>,
  { id }: Pick<Resource, 'id'>,
  type: typeof DEFINITION | typeof VERSION,
): Promise<void> {
  const nested = await resources.list({ type, parentId: id, limit: NAMED_MAX })
  if (nested.length === 0) return
  const ids = nested.map((one) => one.id).join(',')
  throw new ArmError({
    status: 409,
    code: 'CannotDeleteResource',
    message: `Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '${ids}'. Please delete all nested resources before deleting this resource.`,
  })
}

function nameFault(name: string): Fault {
  return {
    status: 400,
    code: 'InvalidParameter',
    message: `The entity name '${name}' is invalid according to its validation rule: ^[^_\\W][\\w._]{0,79}(?<![.])$.`,
    target: 'galleryName',
  }
}
