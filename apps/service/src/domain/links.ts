import { ArmError, faults, keyOf, parseResourceId, typeOf } from '@trusted-launch/api'
import type { Json } from './store.ts'

/** A resource that another names: what it has to be, and the right that naming it needs, there. */
export interface Link {
  readonly id: string
  /** `Microsoft.Compute/disks` */
  readonly type: string
  /** `Microsoft.Compute/disks/write` */
  readonly action: string
  /** Where it is named: `properties.networkProfile…`. */
  readonly path: string
}

/** Only what is of the type that is looked for can be named. @throws {ArmError} `LinkedInvalidPropertyId` */
export function requireLinkOfType({ id, type, path }: Link): void {
  const parsed = parseResourceId(id)
  const isGood =
    parsed !== null && parsed.resourceGroup !== null && keyOf(typeOf(parsed)) === keyOf(type)
  if (isGood) return
  throw new ArmError({
    status: 400,
    code: 'LinkedInvalidPropertyId',
    message: `Property id '${id.slice(0, 200)}' at path '${path}' is invalid. Expect the fully qualified id of a resource of type '${type}'.`,
    target: path,
  })
}

const CHILD_NAME = /^[\w](?:[\w.-]{0,78}[\w-])?$/

/** The name of what is made along with another. @throws {ArmError} `InvalidParameter` */
export function requireMadeName(name: string, target: string): string {
  if (CHILD_NAME.test(name)) return name
  throw new ArmError(faults.invalidParameter(target))
}

/** What is named is not there. */
export function missingReference(id: string | null, from: string): ArmError {
  return new ArmError({
    status: 400,
    code: 'InvalidResourceReference',
    message: `Resource ${id} referenced by resource ${from} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  })
}

/** The entries of a list that may be absent. */
export function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
