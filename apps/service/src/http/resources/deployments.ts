import { randomUUID } from 'node:crypto'
import { ArmError, faults, nameOf, parseResourceId } from '@trusted-launch/api'
import { templateHashOf } from '../../domain/deployment/context.ts'
import {
  DEPLOYMENT,
  DEPLOYMENTS,
  PART,
  plannedState,
  requireOver,
  requireRoom,
} from '../../domain/deployment/deployment.ts'
import { deletesOf, preflight } from '../../domain/deployment/preflight.ts'
import { type DeploymentRecord, planOf } from '../../domain/deployment/record.ts'
import { whatIf } from '../../domain/deployment/what-if.ts'
import { requireGroup, requireSubscription } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { removeWhole } from '../../domain/remove-whole.ts'
import type { Json, JsonObject, Resource, Tables } from '../../domain/store.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import { deploymentView, partView } from '../deployment-view.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { pageOf } from '../page.ts'
import { requireLocation, requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { wantedOf } from '../wanted.ts'

const MODEL = 'Deployment'
const PLACES = [
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup',
  '/subscriptions/:subscriptionId',
]
const isGroup = (place: string) => place.endsWith(':resourceGroup')
const NAME = /^[\w().-]{1,64}$/
const body = { body: MODEL, isTemplate: true }

/** Deployments of a group and of a subscription: templates brought about part by part, under the rights of who asks. */
export function deploymentRoutes(ground: Ground): Route[] {
  const route = routesOf(DEPLOYMENT)
  return PLACES.flatMap((place) => {
    const all = `${place}/providers/${DEPLOYMENT}`
    const one = `${all}/:name`
    // Azure's clients ask for those of a group by a path without a provider.
    const parts = [
      `${one}/operations`,
      ...(isGroup(place) ? [`${place}/deployments/:name/operations`] : []),
    ]
    const whole = { ...body, answer: MODEL }
    return [
      route('PUT', one, 'write', (request) => put(ground, request), whole),
      route('GET', one, 'read', (request) => get(ground, request), { answer: MODEL }),
      route('DELETE', one, 'delete', (request) => remove(ground, request)),
      route('GET', all, 'read', (request) => list(ground, request), { answer: `[${MODEL}]` }),
      route('POST', `${one}/validate`, 'validate/action', (asked) => validate(ground, asked), body),
      route('POST', `${one}/whatIf`, 'whatIf/action', (asked) => tell(ground, asked), body),
      route('POST', `${one}/cancel`, 'cancel/action', (request) => cancel(ground, request)),
      ...parts.flatMap((path) => [
        route('GET', path, 'operations/read', (request) => listParts(ground, request)),
        route('GET', `${path}/:part`, 'operations/read', (request) => getPart(ground, request)),
      ]),
    ]
  })
}

/** The deployment that a path names, whatever stands behind it. */
function idOf({ params }: ArmRequest): string {
  const { subscriptionId, resourceGroup, name } = params
  const group = resourceGroup === undefined ? '' : `/resourceGroups/${resourceGroup}`
  return `/subscriptions/${subscriptionId}${group}/providers/${DEPLOYMENT}/${name}`
}

/** What is asked for, taken apart. @throws {ArmError} */
async function recordOf(ground: Ground, request: ArmRequest): Promise<DeploymentRecord> {
  const { caller, correlationId, from, base, level = 0 } = request
  const id = idOf(request)
  if (!NAME.test(nameOf(parseResourceId(id)!)))
    throw new ArmError(faults.invalidParameter('deploymentName'))
  if (level >= DEPLOYMENTS.length) throw new ArmError(tooDeep())
  const { properties } = wantedOf(MODEL, request.body ?? {})
  for (const name of NOT_TAKEN)
    if (properties[name] !== undefined && properties[name] !== null)
      throw new ArmError({
        ...{ status: 400, code: 'InvalidTemplateDeployment', target: `properties.${name}` },
        message: `The member '${name}' is not supported here: nothing is fetched, and nothing is tried a second time.`,
      })
  const found = await ground.store.principals.get(caller.objectId)
  return {
    ...{ id, caller, correlationId, from, base, level: level + 1, mode: modeOf(properties, id) },
    template: objectAt(properties, 'template'),
    parameters: parametersIn(properties.parameters ?? {}),
    ...{ at: ground.now(), seed: randomUUID(), isOwnPrincipal: found !== null },
  }
}

const NOT_TAKEN = ['templateLink', 'parametersLink', 'onErrorDeployment'] as const

function tooDeep() {
  const message = `Deployments lie ${DEPLOYMENTS.length} deep at most.`
  return { status: 400, code: 'InvalidTemplateDeployment', message }
}

function objectAt(properties: JsonObject, name: string): JsonObject {
  const value = properties[name]
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonObject
  throw new ArmError(faults.missingParameter(`properties.${name}`))
}

/** As a parameters file has them, with or without its frame. */
function parametersIn(given: Json): JsonObject {
  const parameters = objectAt({ given }, 'given')
  const isFile = typeof parameters.$schema === 'string' && parameters.parameters !== undefined
  return isFile ? objectAt(parameters, 'parameters') : parameters
}

function modeOf({ mode }: JsonObject, id: string): DeploymentRecord['mode'] {
  if (/^incremental$/i.test(String(mode))) return 'Incremental'
  const isGroup = parseResourceId(id)!.resourceGroup !== null
  if (isGroup && /^complete$/i.test(String(mode))) return 'Complete'
  throw new ArmError(faults.invalidParameter('properties.mode'))
}

/** Reads and looks through all of it, as far as that is possible before it is done. @throws {ArmError} */
async function checked(ground: Ground, record: DeploymentRecord) {
  const inside = ground.inside()
  const plan = await planOf(ground.store, record, inside.types)
  const deletes = await deletesOf(ground.store, plan, record, inside.types)
  await preflight(inside, plan, record, deletes)
  return { plan, deletes }
}

async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const record = await recordOf(ground, request)
  const { location, tags } = wantedOf(MODEL, request.body ?? {})
  const { plan } = await checked(ground, record)
  const run = randomUUID()
  const made = await change(ground, request, async (tables) => {
    await requirePlace(tables, request)
    if (request.params.resourceGroup === undefined)
      requireLocation(DEPLOYMENT, ground, location, null)
    await requireUnlocked(tables, record.id, 'write')
    const existing = await tables.resources.get(record.id)
    requireOver(existing)
    if (existing === null) await requireRoom(tables, record.id)
    else await removeWhole(tables, record.id)
    const { mode, template } = record
    const row = await tables.resources.insert(
      {
        ...rowOf(record.id, ground.now()),
        ...{ location: request.params.resourceGroup === undefined ? ground.location : null },
        ...{ tags: tags ?? {}, state: plannedState(plan, run, record) },
        properties: {
          ...{ mode, parameters: plan.parameters, templateHash: templateHashOf(template) },
        },
      },
      ground.now(),
    )
    await ground.keepDeployment(tables, run, record)
    const work = { kind: DEPLOYMENTS[record.level - 1]!, input: { run }, host: null }
    const operation = await begin(ground, tables, request, row, work)
    return { status: existing === null ? 201 : 200, row, operation: operation! }
  })
  ground.wake()
  return {
    status: made.status,
    body: deploymentView(made.row),
    headers: operationHeaders(request.base, made.operation, request.apiVersion),
  }
}

function rowOf(id: string, at: number) {
  const parsed = parseResourceId(id)!
  const { subscriptionId, resourceGroup } = parsed
  return {
    ...{ id, type: DEPLOYMENT, name: nameOf(parsed), subscriptionId: subscriptionId! },
    ...{ resourceGroup, parentId: null, envelope: {}, provisioningState: 'Creating' as const },
    createdAt: at,
  }
}

async function requirePlace(tables: Tables, { params }: ArmRequest): Promise<void> {
  const { subscriptionId, resourceGroup } = params
  if (resourceGroup === undefined) await requireSubscription(tables, subscriptionId!)
  else await requireGroup(tables, subscriptionId!, resourceGroup)
}

async function get({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const found = await requireDeployment(store, request)
  return { status: 200, body: deploymentView(found), headers: { ETag: entityTag(found) } }
}

/** @throws {ArmError} `DeploymentNotFound` */
async function requireDeployment(tables: Tables, request: ArmRequest): Promise<Resource> {
  await requirePlace(tables, request)
  const found = await tables.resources.get(idOf(request))
  if (found !== null) return found
  throw new ArmError({
    status: 404,
    code: 'DeploymentNotFound',
    message: `Deployment '${request.params.name}' could not be found.`,
  })
}

/** What was deployed stays: its record alone goes. */
async function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    await requirePlace(tables, request)
    const id = idOf(request)
    const existing = await tables.resources.get(id)
    if (existing === null) return { status: 204 }
    requireOver(existing)
    await requireUnlocked(tables, id, 'delete')
    await removeWhole(tables, id)
    return { status: 204, isRemoved: true as const }
  })
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  await requirePlace(store, request)
  const { subscriptionId, resourceGroup } = request.params
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({
        ...{ type: DEPLOYMENT, subscriptionId: subscriptionId!, limit },
        ...(resourceGroup !== undefined && { resourceGroup }),
        ...(after !== null && { after }),
      }),
    deploymentView,
    // A subscription's are those of no group.
    (one) => resourceGroup !== undefined || one.resourceGroup === null,
  )
}

async function validate(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const record = await recordOf(ground, request)
  const { plan } = await checked(ground, record)
  const state = plannedState(plan, '', record)
  const { mode, template } = record
  const properties = {
    ...{ mode, parameters: plan.parameters, templateHash: templateHashOf(template) },
    ...state,
  }
  const row = rowOf(record.id, record.at)
  const seen = {
    ...row,
    tags: {},
    location: null,
    properties,
    state,
    etag: '',
    changedAt: record.at,
  }
  const view = deploymentView({ ...seen, provisioningState: 'Succeeded' })
  const validatedResources = plan.resources.map(({ id }) => ({ id }))
  return {
    status: 200,
    body: { ...view, properties: { ...(view.properties as JsonObject), validatedResources } },
  }
}

async function tell(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const record = await recordOf(ground, request)
  const { deletes } = await checked(ground, record)
  const plan = await planOf(ground.store, record, ground.inside().types, true)
  const settings = wantedOf(MODEL, request.body ?? {}).properties.whatIfSettings as
    | JsonObject
    | undefined
  const isShort = /^resourceIdOnly$/i.test(String(settings?.resultFormat))
  const changes = await whatIf(ground.inside(), plan, record, deletes, isShort)
  return { status: 200, body: { status: 'Succeeded', properties: { changes } } }
}

async function cancel(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const done = await change(ground, request, async (tables) => {
    const found = await requireDeployment(tables, request)
    const unfinished = await tables.operations.list({
      ...{ resourceId: found.id, unfinished: true, limit: 1 },
    })
    if (unfinished[0] === undefined || !(await tables.operations.requestCancel(unfinished[0].id)))
      throw new ArmError({
        status: 409,
        code: 'DeploymentCannotBeCancelled',
        message: `The deployment '${found.name}' is over and cannot be cancelled.`,
      })
    return { status: 204 }
  })
  ground.wake()
  return done
}

async function listParts({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id } = await requireDeployment(store, request)
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({
        ...{ type: PART, parentId: id, limit, ...(after !== null && { after }) },
      }),
    partView,
  )
}

async function getPart({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id } = await requireDeployment(store, request)
  const found = await requireResource(store, request, `${id}/operations/${request.params.part}`)
  return { status: 200, body: partView(found) }
}
