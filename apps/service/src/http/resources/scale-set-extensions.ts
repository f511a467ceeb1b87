import { ArmError, faults } from '@trusted-launch/api'
import { listIn } from '../../domain/links.ts'
import { modelOf, SCALE_SET, type ScaleSet } from '../../domain/scale-set/scale-set.ts'
import type { ScaleSetRules } from '../../domain/scale-set/scale-set-rules.ts'
import type { JsonObject } from '../../domain/store.ts'
import { requireExtension } from '../../domain/vm/extension.ts'
import { at, osTypeOf, textAt } from '../../domain/vm/vm.ts'
import { groupPath } from '../arm-type.ts'
import type { Ground } from '../ground.ts'
import { putResource } from '../put-resource.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { wantedOf } from '../wanted.ts'
import { requireSet, scaleSetType } from './scale-sets.ts'

const TYPE = `${SCALE_SET}/extensions`
const PATH = groupPath(TYPE)
const MODELS = {
  PUT: 'VirtualMachineScaleSetExtension',
  PATCH: 'VirtualMachineScaleSetExtensionUpdate',
}

/** The extensions of a set's model, each as a resource: to change one is to change the model. */
export function scaleSetExtensionRoutes(rules: ScaleSetRules, ground: Ground): Route[] {
  const route = routesOf(TYPE)
  const write = (verb: 'PUT' | 'PATCH') => (request: ArmRequest) =>
    put(rules, ground, request, verb)
  return [
    route('PUT', PATH, 'write', write('PUT'), { body: MODELS.PUT, answer: MODELS.PUT }),
    route('PATCH', PATH, 'write', write('PATCH'), { body: MODELS.PATCH, answer: MODELS.PUT }),
    route('GET', PATH, 'read', (request) => get(ground, request), { answer: MODELS.PUT }),
    route('DELETE', PATH, 'delete', (request) => remove(rules, ground, request)),
    route('GET', PATH.slice(0, PATH.lastIndexOf('/')), 'read', (request) => list(ground, request), {
      answer: `[${MODELS.PUT}]`,
    }),
  ]
}

const nameOf = (one: JsonObject) => textAt(one, 'name') ?? ''
const isNamed = (name: string) => (one: JsonObject) =>
  nameOf(one).toLowerCase() === name.toLowerCase()

function extensionsOf({ properties }: ScaleSet): readonly JsonObject[] {
  return listIn(
    at(properties, 'virtualMachineProfile', 'extensionProfile', 'extensions'),
  ) as readonly JsonObject[]
}

function view(set: ScaleSet, one: JsonObject): JsonObject {
  const name = nameOf(one)
  const properties = { ...(one.properties as JsonObject), provisioningState: 'Succeeded' }
  return { id: `${set.id}/extensions/${name}`, name, type: TYPE, properties }
}

async function get({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const set = await requireSet(store, request, request.params.parent0)
  const found = extensionsOf(set).find(isNamed(request.params.name!))
  if (found === undefined) throw new ArmError(faults.resourceNotFound(request.id))
  return { status: 200, body: view(set, found) }
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const set = await requireSet(store, request, request.params.parent0)
  return { status: 200, body: { value: extensionsOf(set).map((one) => view(set, one)) } }
}

async function put(
  rules: ScaleSetRules,
  ground: Ground,
  request: ArmRequest,
  verb: 'PUT' | 'PATCH',
): Promise<ArmReply> {
  const set = await requireSet(ground.store, request, request.params.parent0)
  if (request.body === null) throw new ArmError(faults.invalidRequestContent('the body is missing'))
  const { properties: asked } = wantedOf(MODELS[verb], request.body)
  const before = extensionsOf(set).find(isNamed(request.params.name!))
  if (verb === 'PATCH' && before === undefined)
    throw new ArmError(faults.resourceNotFound(request.id))
  const { protectedSettings: _, ...given } = asked
  const properties = { ...(verb === 'PATCH' && (before?.properties as JsonObject)), ...given }
  requireExtension(properties, osTypeOf({ properties: modelOf(set) ?? {} }))
  const one = { name: request.params.name!, properties }
  const reply = await withExtension(rules, ground, request, set, one)
  return { ...reply, status: before === undefined ? 201 : 200, body: view(set, one) }
}

async function remove(
  rules: ScaleSetRules,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const set = await requireSet(ground.store, request, request.params.parent0)
  const all = extensionsOf(set)
  const left = all.filter((each) => !isNamed(request.params.name!)(each))
  if (left.length === all.length) return { status: 204 }
  const { headers = {} } = await withExtensions(rules, ground, request, set, left)
  return { status: 202, headers }
}

/** The set with this extension in its model, in place of one of the same name. @throws {ArmError} */
export function withExtension(
  rules: ScaleSetRules,
  ground: Ground,
  request: ArmRequest,
  set: ScaleSet,
  one: { readonly name: string; readonly properties: JsonObject },
): Promise<ArmReply> {
  const others = extensionsOf(set).filter((each) => !isNamed(one.name)(each))
  return withExtensions(rules, ground, request, set, [...others, one])
}

/** The set with another list of extensions: by the same rules as any change of it. */
function withExtensions(
  rules: ScaleSetRules,
  ground: Ground,
  request: ArmRequest,
  { id }: ScaleSet,
  extensions: readonly JsonObject[],
): Promise<ArmReply> {
  const body = { properties: { virtualMachineProfile: { extensionProfile: { extensions } } } }
  return putResource(scaleSetType(rules), ground, { ...request, id, body }, 'PATCH')
}
