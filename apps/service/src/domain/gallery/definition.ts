import { isDeepStrictEqual } from 'node:util'
import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import { listIn } from '../links.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { DEFINITION, type GalleryRules, requireOfferedHere } from './gallery.ts'

/** The values of the feature `SecurityType`: which VMs an image is good for. */
export const SECURITY_TYPES = [
  'None',
  'Standard',
  'TrustedLaunchSupported',
  'TrustedLaunch',
  'TrustedLaunchAndConfidentialVmSupported',
  'ConfidentialVMSupported',
  'ConfidentialVM',
] as const

/** What all versions of a definition are alike in. */
export interface DefinitionFacts {
  readonly osType: 'Linux' | 'Windows'
  /** `Specialized`: its systems have their users already. */
  readonly osState: 'Generalized' | 'Specialized'
  readonly hyperVGeneration: 'V1' | 'V2'
  readonly architecture: 'x64' | 'Arm64'
  /** The feature `SecurityType`; null: none, or `None`. */
  readonly securityType: string | null
}

/** A definition is what it was made as; what describes it may change. @throws {ArmError} */
export function definitionPlanner(rules: GalleryRules) {
  return async (
    id: string,
    wanted: Wanted,
    existing: Resource | null,
    { tables }: Moment,
  ): Promise<Plan> => {
    requireOfferedHere(rules, 'GalleryImage', wanted)
    const properties = complete(wanted.properties)
    if (existing === null) await requireOwnIdentifier(tables, id, properties)
    else requireSameDefinition(existing.properties, properties)
    return { properties, work: null }
  }
}

export function definitionFacts({ properties }: Pick<Resource, 'properties'>): DefinitionFacts {
  const value = securityTypeIn(properties)
  return {
    osType: textAt(properties, 'osType') as DefinitionFacts['osType'],
    osState: textAt(properties, 'osState') as DefinitionFacts['osState'],
    hyperVGeneration: textAt(properties, 'hyperVGeneration') as DefinitionFacts['hyperVGeneration'],
    architecture: textAt(properties, 'architecture') as DefinitionFacts['architecture'],
    securityType: value === 'None' ? null : value,
  }
}

const REQUIRED = ['osType', 'osState', 'identifier'] as const

/** As Azure writes them, with its defaults: generation 1 where none is named. @throws {ArmError} */
function complete(asked: JsonObject): JsonObject {
  for (const member of REQUIRED)
    if ((at(asked, member) ?? null) === null)
      throw new ArmError(faults.missingParameter(`galleryImage.properties.${member}`))
  const properties = {
    ...asked,
    osType: oneOf(asked, 'osType', ['Linux', 'Windows']),
    osState: oneOf(asked, 'osState', ['Generalized', 'Specialized']),
    hyperVGeneration: oneOf({ hyperVGeneration: 'V1', ...asked }, 'hyperVGeneration', ['V1', 'V2']),
    architecture: oneOf({ architecture: 'x64', ...asked }, 'architecture', ['x64', 'Arm64']),
    ...(asked.features !== undefined && { features: featuresOf(asked) }),
  }
  requireIdentifier(properties)
  const type = securityTypeIn(properties) ?? 'None'
  if (properties.hyperVGeneration === 'V1' && !['None', 'Standard'].includes(type))
    throw new ArmError(
      invalid(
        'features',
        `The feature 'SecurityType' of value '${type}' is only supported for images of Hypervisor generation 'V2'.`,
      ),
    )
  return properties
}

/** A value in Azure's letters. @throws {ArmError} none of them. */
function oneOf(of: JsonObject, member: string, values: readonly string[]): string {
  const given = textAt(of, member)?.toLowerCase()
  const found = values.find((value) => value.toLowerCase() === given)
  if (found !== undefined) return found
  throw new ArmError(faults.invalidParameter(`galleryImage.properties.${member}`))
}

/** Features that are none of Azure's here are kept, as clients read them. */
function featuresOf({ features }: JsonObject): JsonObject[] {
  const all = listIn(features) as readonly JsonObject[]
  const names = all.map((one) => textAt(one, 'name')?.toLowerCase() ?? '')
  const target = 'galleryImage.properties.features'
  if (names.includes('') || new Set(names).size < names.length)
    throw new ArmError(faults.invalidParameter(target))
  return all.map((one) =>
    textAt(one, 'name')!.toLowerCase() === 'securitytype'
      ? { ...one, name: 'SecurityType', value: oneOf(one, 'value', SECURITY_TYPES) }
      : one,
  )
}

function securityTypeIn(properties: JsonObject): string | null {
  const found = listIn(properties.features).find((one) => textAt(one, 'name') === 'SecurityType')
  return found === undefined ? null : textAt(found, 'value')
}

const PART = /^[\w.-]{1,128}$/

function requireIdentifier(properties: JsonObject): void {
  for (const part of ['publisher', 'offer', 'sku']) {
    const given = textAt(properties, 'identifier', part)
    const target = `galleryImage.properties.identifier.${part}`
    if (given === null) throw new ArmError(faults.missingParameter(target))
    if (!PART.test(given)) throw new ArmError(faults.invalidParameter(target))
  }
}

/** A gallery has each identifier once. @throws {ArmError} 409 */
async function requireOwnIdentifier(tables: Tables, id: string, properties: JsonObject) {
  const parentId = id.split('/').slice(0, -2).join('/')
  const named = identifierOf(properties)
  for await (const one of everyOf(tables, { type: DEFINITION, parentId }))
    if (identifierOf(one.properties) === named)
      throw new ArmError({
        status: 409,
        code: 'Conflict',
        message: `The gallery image '${one.name}' has the identifier '${named}' (publisher:offer:sku) already: no two of a gallery have the same.`,
        target: 'galleryImage.properties.identifier',
      })
}

function identifierOf(properties: JsonObject): string {
  const parts = ['publisher', 'offer', 'sku'].map((part) => textAt(properties, 'identifier', part))
  return keyOf(parts.join(':'))
}

const FIXED = ['osType', 'osState', 'hyperVGeneration', 'architecture', 'identifier'] as const

/** @throws {ArmError} 409, Azure's words. */
function requireSameDefinition(before: JsonObject, after: JsonObject): void {
  const differs = (member: string) =>
    !isDeepStrictEqual(before[member] ?? null, after[member] ?? null)
  const changed = FIXED.find(differs)
  // Azure lets features be changed by who says so.
  const isFeature = differs('features') && after.allowUpdateImage !== true
  const member = changed ?? (isFeature ? 'features' : undefined)
  if (member === undefined) return
  const target = `galleryImage.properties.${member}`
  throw new ArmError({
    status: 409,
    code: 'PropertyChangeNotAllowed',
    message: `Changing property '${target}' is not allowed.`,
    target,
  })
}

function invalid(member: string, message: string): Fault {
  const target = `galleryImage.properties.${member}`
  return { status: 400, code: 'InvalidParameter', message, target }
}
