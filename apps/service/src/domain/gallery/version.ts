import { isDeepStrictEqual } from 'node:util'
import { ArmError, type Fault, faults, keyOf, nameOf, parseResourceId } from '@trusted-launch/api'
import { everyOf } from '../every-of.ts'
import type { KeptImage } from '../host/images.ts'
import { GIB } from '../image/image.ts'
import { type Link, listIn } from '../links.ts'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import { SCALE_SET } from '../scale-set/scale-set.ts'
import type { AllowedSource } from '../sources.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, MACHINE_TYPES, stateOf, textAt } from '../vm/vm.ts'
import { definitionFacts } from './definition.ts'
import { type GalleryRules, requireOfferedHere, VERSION } from './gallery.ts'
import { requireKeys } from './uefi-settings.ts'
import { fitFault, requireSource, sourceLinks } from './version-source.ts'

/** What decides about versions beside what is asked. */
export interface VersionRules extends GalleryRules {
  readonly host: string
  readonly allowedSources: readonly AllowedSource[]
}

/** A new version takes its bytes; one that is there may only be published otherwise. @throws {ArmError} */
export function versionPlanner(rules: VersionRules) {
  return async (
    id: string,
    wanted: Wanted,
    existing: Resource | null,
    moment: Moment,
  ): Promise<Plan> => {
    requireOfferedHere(rules, 'GalleryImageVersion', wanted)
    const properties = published(wanted.properties, moment)
    if (existing !== null) {
      requireSameVersion(existing.properties, properties)
      const { publishingProfile, safetyProfile } = properties
      const safety = safetyProfile === undefined ? {} : { safetyProfile }
      return {
        properties: { ...existing.properties, publishingProfile: publishingProfile!, ...safety },
        work: null,
      }
    }
    requireNumber(nameOf(parseResourceId(id)!))
    const definition = await moment.tables.resources.get(definitionOf(id))
    const facts = definitionFacts(definition!)
    requireKeys(properties, facts)
    const { tables } = moment
    const made = await requireSource(tables, id, properties, facts, rules.allowedSources)
    const fault = 'kept' in made ? fitFault(made.of, made.kept, facts) : null
    if (fault !== null) throw new ArmError(fault)
    const state = JSON.parse(JSON.stringify(made)) as JsonObject
    return { properties, state, work: { kind: 'galleryVersion.put', input: {}, host: rules.host } }
  }
}

/** What a version names elsewhere: what it is made of. */
export function versionLinks(_: string, { properties }: Wanted): Link[] {
  return sourceLinks(properties)
}

/** The id of a version's definition. */
export function definitionOf(version: string): string {
  return version.split('/').slice(0, -2).join('/')
}

const NUMBER = /^\d{1,10}$/
const INT32_MAX = 2 ** 31 - 1

/** The parts of `1.0.22`; null: it is no version's name. */
export function numberOf(name: string): readonly number[] | null {
  const parts = name.split('.')
  const isGood = parts.length === 3 && parts.every((one) => NUMBER.test(one))
  const numbers = parts.map(Number)
  return isGood && numbers.every((one) => one <= INT32_MAX) ? numbers : null
}

/** @throws {ArmError} Azure's rule. */
function requireNumber(name: string): void {
  if (numberOf(name) !== null) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message: `The gallery image version name '${name}' is invalid. It needs to follow the semantic version name pattern: the allowed characters are digit and period, digits must be within the range of a 32-bit integer. Format: <MajorVersion>.<MinorVersion>.<Patch>.`,
    target: 'galleryImageVersionName',
  })
}

const PROFILE = 'galleryArtifactVersion.properties.publishingProfile'

/** With Azure's defaults: one replica, where this installation is. @throws {ArmError} */
function published(properties: JsonObject, { location }: Moment): JsonObject {
  const asked = (at(properties, 'publishingProfile') ?? {}) as JsonObject
  const regions = listIn(asked.targetRegions)
  const isHere = (name: string) => name.replaceAll(' ', '').toLowerCase() === location.toLowerCase()
  for (const region of regions) {
    const name = textAt(region, 'name')
    if (name === null) throw new ArmError(faults.missingParameter(`${PROFILE}.targetRegions.name`))
    if (!isHere(name)) throw new ArmError(faults.locationNotAvailable(name, VERSION, [location]))
  }
  if (regions.length > 1) throw new ArmError(faults.invalidParameter(`${PROFILE}.targetRegions`))
  const end = textAt(asked, 'endOfLifeDate')
  if (end !== null && Number.isNaN(Date.parse(end)))
    throw new ArmError(faults.invalidParameter(`${PROFILE}.endOfLifeDate`))
  const one = { regionalReplicaCount: 1, storageAccountType: 'Standard_LRS' }
  const [region = {}] = regions as readonly JsonObject[]
  const publishingProfile = {
    ...{ replicaCount: 1, excludeFromLatest: false, storageAccountType: 'Standard_LRS' },
    replicationMode: 'Full',
    ...asked,
    targetRegions: [{ name: location, ...one, ...region }],
  }
  return { ...properties, publishingProfile }
}

/** @throws {ArmError} 409: what a version is made of, and with, never changes. */
function requireSameVersion(before: JsonObject, after: JsonObject): void {
  for (const member of ['source', 'osDiskImage']) {
    const [was, is] = [before, after].map((one) => at(one, 'storageProfile', member))
    if (is !== undefined && !isWithin(is, was))
      throw new ArmError(changeRefused(`storageProfile.${member}`))
  }
  const [was, is] = [before.securityProfile, after.securityProfile]
  if (is !== undefined && !isDeepStrictEqual(is, was))
    throw new ArmError(changeRefused('securityProfile'))
}

/** Whether all that is said was said before: clients send back less than they got. */
function isWithin(said: unknown, before: unknown): boolean {
  if (typeof said !== 'object' || said === null) return said === before
  const there = (before ?? {}) as Record<string, unknown>
  return Object.entries(said).every(([name, one]) => isWithin(one, there[name]))
}

function changeRefused(member: string): Fault {
  const target = `galleryArtifactVersion.properties.${member}`
  const message = `Changing property '${target}' is not allowed.`
  return { status: 409, code: 'PropertyChangeNotAllowed', message, target }
}

/** A version as its host took it. */
export function withBytes(version: Resource, kept: KeptImage) {
  const storage = (at(version.properties, 'storageProfile') ?? {}) as JsonObject
  const asked = (at(storage, 'osDiskImage') ?? {}) as JsonObject
  const sizeInGB = Math.ceil(kept.examination.sizeBytes / GIB)
  const osDiskImage = { hostCaching: 'ReadWrite', ...asked, sizeInGB }
  return {
    properties: { ...version.properties, storageProfile: { ...storage, osDiskImage } },
    state: { kept: JSON.parse(JSON.stringify(kept)) as JsonObject },
  }
}

/** Whether `latest` never means it. */
export function isExcluded({ properties }: Resource): boolean {
  const profile = at(properties, 'publishingProfile')
  const [region] = listIn(at(profile, 'targetRegions'))
  return at(profile, 'excludeFromLatest') === true || at(region, 'excludeFromLatest') === true
}

/** A version goes only when nothing is made of it any more, and not before its time. @throws {ArmError} 409 */
export async function requireVersionUnused(
  tables: Tables,
  version: Resource,
  now: number,
): Promise<void> {
  const blocks = at(version.properties, 'safetyProfile', 'blockDeletionBeforeEndOfLife') === true
  const end = Date.parse(textAt(version.properties, 'publishingProfile', 'endOfLifeDate') ?? '')
  if (blocks && now < end)
    throw new ArmError(
      faults.operationNotAllowed(
        `The gallery image version '${version.id}' cannot be deleted before its end of life, ${new Date(end).toISOString()}: its safetyProfile.blockDeletionBeforeEndOfLife is set.`,
      ),
    )
  const user = await userOfVersion(tables, version)
  if (user === null) return
  throw new ArmError(
    faults.operationNotAllowed(
      `The gallery image version '${version.id}' is used by '${user.id}': what is made of it is made again of it, and measured by it. Delete that first.`,
    ),
  )
}

/** A machine that was made of a version, or has its keys, or a scale set whose model names it; null: none is. */
export async function userOfVersion(
  tables: Tables,
  { id }: Pick<Resource, 'id'>,
): Promise<Resource | null> {
  const isIt = (one: string | null | undefined) => one != null && keyOf(one) === keyOf(id)
  for (const type of MACHINE_TYPES)
    for await (const vm of everyOf(tables, { type, naming: id })) {
      const { galleryVersion, keysOf } = stateOf(vm)
      if (isIt(galleryVersion) || isIt(keysOf)) return vm
    }
  for await (const set of everyOf(tables, { type: SCALE_SET, naming: id })) {
    const model = at(set.properties, 'virtualMachineProfile', 'storageProfile', 'imageReference')
    if (isIt(textAt(model, 'id'))) return set
  }
  return null
}
