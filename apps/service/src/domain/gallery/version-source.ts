import { ArmError, type Fault, faults, keyOf, parseResourceId, typeOf } from '@trusted-launch/api'
import { refusals } from '../../catalogue/texts.ts'
import { requireCopyable } from '../disk/disk.ts'
import type { KeptImage } from '../host/images.ts'
import { IMAGE, keptOf } from '../image/image.ts'
import type { Link } from '../links.ts'
import { type AllowedSource, type ImageSource, sourceOf } from '../sources.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { DISK } from '../vm/disk-row.ts'
import { at, stateOf, textAt, VM } from '../vm/vm.ts'
import type { DefinitionFacts } from './definition.ts'
import { VERSION } from './gallery.ts'

const STORAGE = 'galleryArtifactVersion.properties.storageProfile'
const SOURCE = `${STORAGE}.source`
const OS_DISK = `${STORAGE}.osDiskImage.source`

/** What a version is made of: bytes that this installation keeps already, or such as its host has to take. */
export type VersionSource =
  | { readonly kept: KeptImage; readonly of: string }
  | { readonly source: ImageSource }

/** The one thing that a body makes a version of: a resource, or a file. */
interface Named {
  readonly id: string | null
  readonly uri: string | null
  readonly path: string
}

/** Null: nothing is named. @throws {ArmError} more than one. */
function namedIn(properties: JsonObject): Named | null {
  const storage = at(properties, 'storageProfile')
  const whole = textAt(storage, 'source', 'id') ?? textAt(storage, 'source', 'virtualMachineId')
  const disk = textAt(storage, 'osDiskImage', 'source', 'id')
  const uri = textAt(storage, 'osDiskImage', 'source', 'uri')
  const given = [whole, disk, uri].filter((one) => one !== null)
  if (given.length === 0) return null
  if (given.length > 1)
    throw new ArmError(
      invalid(SOURCE, 'A gallery image version is made of one source: name one only.'),
    )
  return { id: whole ?? disk, uri, path: whole === null ? OS_DISK : SOURCE }
}

const ACTIONS: Readonly<Record<string, string>> = {
  [keyOf(IMAGE)]: `${IMAGE}/read`,
  [keyOf(VERSION)]: `${VERSION}/read`,
  [keyOf(DISK)]: `${DISK}/beginGetAccess/action`,
  [keyOf(VM)]: `${VM}/capture/action`,
}

/** What a version is made of, where it is a resource: a managed image, a version, a VM, or a disk. */
export function sourceLinks(properties: JsonObject): Link[] {
  const { id = null, path = SOURCE } = namedIn(properties) ?? {}
  if (id === null) return []
  const parsed = parseResourceId(id)
  const type = parsed === null ? '' : typeOf(parsed)
  const allowed = path === SOURCE ? [IMAGE, VERSION, VM] : [DISK]
  const found = allowed.find((one) => keyOf(one) === keyOf(type)) ?? allowed[0]!
  return [{ id, type: found, action: ACTIONS[keyOf(found)]!, path }]
}

/** @throws {ArmError} it is not there, not to be copied now, or not for images of this security type. */
export async function requireSource(
  tables: Tables,
  id: string,
  properties: JsonObject,
  definition: DefinitionFacts,
  allowed: readonly AllowedSource[],
): Promise<VersionSource> {
  const named = namedIn(properties)
  if (named === null) throw new ArmError(faults.missingParameter(SOURCE))
  const { id: source, uri } = named
  if (source === null) {
    const group = id.split('/providers/')[0]!
    return { source: sourceOf(uri!, group, allowed, `${OS_DISK}.uri`) }
  }
  const row = await tables.resources.get(source)
  if (row === null) throw new ArmError(faults.resourceNotFound(source))
  if ([IMAGE, VERSION].some((type) => keyOf(type) === keyOf(row.type))) return keptSource(row)
  if (definition.securityType === 'TrustedLaunchSupported')
    throw new ArmError(refusals.supportedOfSource(row.id))
  if (keyOf(row.type) === keyOf(VM)) return machineSource(row, definition)
  await requireCopyable(tables, row.id)
  return { source: { kind: 'disk', id: row.id } }
}

function keptSource(row: Resource): VersionSource {
  const kept = keptOf(row)
  if (kept !== null && row.provisioningState === 'Succeeded') return { kept, of: row.id }
  throw new ArmError(
    faults.operationNotAllowed(
      `The source '${row.id}' is not there yet: it is ${row.provisioningState}.`,
      SOURCE,
    ),
  )
}

/** A VM that nobody runs, generalized where its image is to be. @throws {ArmError} */
function machineSource(vm: Resource, { osState }: DefinitionFacts): VersionSource {
  requireOff(vm)
  const { generalized, machine } = stateOf(vm)
  if (generalized !== (osState === 'Generalized'))
    throw new ArmError(
      faults.operationNotAllowed(
        generalized
          ? `VM '${vm.id}' is generalized: a definition of osState 'Specialized' takes one that is not.`
          : `VM '${vm.id}' is not generalized: generalize it, or make a definition of osState 'Specialized'.`,
        SOURCE,
      ),
    )
  return { source: { kind: 'machine', id: machine } }
}

/** @throws {ArmError} it runs, or is about to. */
export function requireOff(vm: Resource): void {
  if (['stopped', 'deallocated'].includes(stateOf(vm).power)) return
  throw new ArmError(
    faults.operationNotAllowed(
      `VM '${vm.id}' is ${stateOf(vm).power}: deallocate it before an image is made of it.`,
      SOURCE,
    ),
  )
}

/** Why bytes do not belong to a definition, in Azure's words; null: they do. */
export function fitFault(of: string, { examination }: KeptImage, facts: DefinitionFacts) {
  const { hyperVGeneration, osType, architecture } = examination
  const differs: [what: string, is: string, wanted: string][] = [
    ['Hypervisor generation', hyperVGeneration, facts.hyperVGeneration],
    ['OS type', osType, facts.osType],
    ['Architecture', architecture, facts.architecture],
  ]
  const found = differs.find(([, is, wanted]) => is !== wanted)
  if (found === undefined) return null
  const [what, is, wanted] = found
  return invalid(
    SOURCE,
    `The resource with id '${of}' has a different ${what} ['${is}'] than the parent gallery image ${what} ['${wanted}'].`,
  )
}

function invalid(target: string, message: string): Fault {
  return { status: 400, code: 'InvalidParameter', message, target }
}
