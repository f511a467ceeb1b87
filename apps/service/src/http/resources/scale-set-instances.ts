import { ArmError, checkBody, faults } from '@trusted-launch/api'
import { requireGroup } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import {
  actOnInstances,
  type ScaleSetAction,
  scaleSetActions,
} from '../../domain/scale-set/actions.ts'
import { requireInstance } from '../../domain/scale-set/chosen.ts'
import { lowerCapacity, removeInstances } from '../../domain/scale-set/remove-instances.ts'
import { INSTANCE, instanceTypeOf, type ScaleSet } from '../../domain/scale-set/scale-set.ts'
import type { ScaleSetRules } from '../../domain/scale-set/scale-set-rules.ts'
import type { JsonObject, Operation, Resource } from '../../domain/store.ts'
import { requireSameImage } from '../../domain/vm/vm-actions.ts'
import { groupPath } from '../arm-type.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import { type Ground, momentOf } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { instanceBody, instanceViewOfInstance } from '../scale-set-view.ts'
import { requireSet } from './scale-sets.ts'

const PATH = groupPath(INSTANCE)
const COLLECTION = PATH.slice(0, PATH.lastIndexOf('/'))

/** One instance of a set: as it is, kept from what is done with the set, acted on, or taken out. */
export function instanceRoutes(rules: ScaleSetRules, ground: Ground): Route[] {
  const route = routesOf(INSTANCE)
  const model = 'VirtualMachineScaleSetVM'
  const actions = scaleSetActions.map((action) => {
    // Azure writes it in two ways.
    const name = action.path === 'poweroff' ? 'powerOff' : action.path
    return route('POST', `${PATH}/${name}`, `${name}/action`, (request) =>
      act(rules, ground, request, action),
    )
  })
  return [
    route('GET', COLLECTION, 'read', (request) => list(ground, request), { answer: `[${model}]` }),
    route('GET', PATH, 'read', (request) => get(ground, request), { answer: model }),
    route('PUT', PATH, 'write', (request) => protect(ground, request), {
      body: model,
      answer: model,
    }),
    route('DELETE', PATH, 'delete', (request) => remove(rules, ground, request)),
    route('GET', `${PATH}/instanceView`, 'instanceView/read', async (request) => {
      const { instance } = await instanceNamed(ground, request)
      return { status: 200, body: await instanceViewOfInstance(ground.store, instance) }
    }),
    ...actions,
  ]
}

interface Named {
  readonly set: ScaleSet
  readonly instance: Resource
}

/** @throws {ArmError} `ResourceNotFound` */
async function instanceNamed(
  { store }: Pick<Ground, 'store'>,
  request: ArmRequest,
): Promise<Named> {
  const set = await requireSet(store, request, request.params.parent0)
  return { set, instance: await requireInstance(store, set, request.params.name!) }
}

async function get(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { set, instance } = await instanceNamed(ground, request)
  return reply(ground, { set, instance }, request)
}

async function reply(
  { store }: Ground,
  { set, instance }: Named,
  request: ArmRequest,
): Promise<ArmReply> {
  const body = await instanceBody(store, set, instance, request)
  return { status: 200, body, headers: { ETag: entityTag(instance) } }
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const set = await requireSet(store, request, request.params.parent0)
  const query = { type: instanceTypeOf(set), parentId: set.id }
  return pageOf(
    request,
    (after, limit) => store.resources.list({ ...query, limit, ...(after !== null && { after }) }),
    (instance) => instanceBody(store, set, instance, request),
  )
}

/** Of all that clients send back, its protection alone may be changed: all else is the set's model's. */
async function protect(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const body =
    request.body === null
      ? null
      : (checkBody('VirtualMachineScaleSetVM', request.body) as JsonObject)
  const policy = (body?.properties as JsonObject | undefined)?.protectionPolicy
  const { set, instance } = await change(ground, request, async (tables) => {
    const named = await instanceNamed({ store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, named.instance.id, 'write')
    const { protectionPolicy: _, ...rest } = named.instance.properties
    const properties = policy === undefined ? rest : { ...rest, protectionPolicy: policy }
    const instance = await tables.resources.update(named.instance.id, { properties }, ground.now())
    return { status: 200, set: named.set, instance }
  })
  return reply(ground, { set, instance }, request)
}

async function act(
  rules: ScaleSetRules,
  ground: Ground,
  request: ArmRequest,
  action: ScaleSetAction,
): Promise<ArmReply> {
  requireSameImage(request.body ?? {})
  return begun(ground, request, 'write', async (moment, { instance }) =>
    actOnInstances(rules, moment, action, [instance]),
  )
}

/** A set whose instance is taken out wants one less. */
function remove({ host }: ScaleSetRules, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return begun(ground, request, 'delete', async (moment, { instance }) => {
    await lowerCapacity(moment.tables, [instance], moment.at)
    return removeInstances(host, moment, [instance])
  })
}

async function begun(
  ground: Ground,
  request: ArmRequest,
  deed: 'write' | 'delete',
  work: (moment: ReturnType<typeof momentOf>, named: Named) => Promise<string[]>,
): Promise<ArmReply> {
  const operation = await change(ground, request, async (tables) => {
    const { subscriptionId, resourceGroup } = request.params
    await requireGroup(tables, subscriptionId!, resourceGroup!)
    const named = await instanceNamed({ store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, named.instance.id, deed)
    const [part] = await work(momentOf(ground, tables, request), named)
    if (part === undefined)
      throw new ArmError(faults.operationNotAllowed(`'${named.instance.name}' is being deleted.`))
    return { status: 202, operation: (await tables.operations.get(part)) as Operation }
  }).then((done) => done.operation)
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation, request.apiVersion) }
}
