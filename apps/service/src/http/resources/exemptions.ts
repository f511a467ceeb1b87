import { ArmError, faults, parseResourceId } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import { checkExemption, type Exemption } from '@trusted-launch/posture'
import { EXEMPTION, exemptionIn } from '../../domain/exemptions.ts'
import { GROUP, SUBSCRIPTION, withinOf } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { SCALE_SET } from '../../domain/scale-set/scale-set.ts'
import type { Json, JsonObject, Resource, Tables } from '../../domain/store.ts'
import { VM } from '../../domain/vm/vm.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { assessmentKey, recommendationOf } from './assessment-names.ts'

/** What nobody need follow at a scope and below: by whom, why, and until when. */
export function exemptionRoutes(ground: Ground): Route[] {
  const route = routesOf(EXEMPTION)
  const path = `/:scope/providers/${EXEMPTION}`
  return [
    route('GET', path, 'read', (request) => list(ground, request)),
    route('GET', `${path}/:name`, 'read', async (request) => {
      await requireScope(ground.store, request)
      const found = await ground.store.resources.get(request.id)
      if (found === null) throw new ArmError(faults.resourceNotFound(request.id))
      return reply(200, found)
    }),
    route('PUT', `${path}/:name`, 'write', (request) => put(ground, request)),
    route('DELETE', `${path}/:name`, 'delete', (request) => remove(ground, request)),
  ]
}

/** At a scope; of a subscription or group those below it, too. */
async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const scope = await requireScope(store, request)
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({
        ...{ ...withinOf(scope), type: EXEMPTION, limit },
        ...(after !== null && { after }),
      }),
    view,
  )
}

async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const time = ground.now()
  return change(ground, request, async (tables) => {
    const { id: parentId } = await requireScope(tables, request)
    await requireUnlocked(tables, request.id, 'write')
    const state = { exemption: exemptionOf(request, parentId) as unknown as Json }
    if ((await tables.resources.get(request.id)) !== null)
      return reply(200, await tables.resources.update(request.id, { state }, time))
    const { subscriptionId, resourceGroup } = parseResourceId(parentId)!
    const row: Omit<Resource, 'etag' | 'changedAt'> = {
      ...{ id: request.id, type: EXEMPTION, name: request.params.name!, parentId, state },
      ...{ subscriptionId: subscriptionId!, resourceGroup, location: null, tags: {} },
      ...{ envelope: {}, properties: {}, provisioningState: 'Succeeded', createdAt: time },
    }
    return reply(201, await tables.resources.insert(row, time))
  })
}

function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    await requireScope(tables, request)
    await requireUnlocked(tables, request.id, 'delete')
    return { status: (await tables.resources.delete(request.id)) ? 200 : 204 }
  })
}

/** @throws {ArmError} 400 */
function exemptionOf({ body, caller }: ArmRequest, scope: string): Exemption {
  const given = (body?.properties ?? {}) as JsonObject
  const { recommendation, category = null, reason = null, expiresOn = null, ...more } = given
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw new ArmError(faults.invalidParameter(unknown))
  const expires = expiresOn === null ? null : Date.parse(String(expiresOn))
  try {
    return checkExemption({
      ...{ category, reason, scope, expires, by: caller.name },
      recommendation: recommendationOf(String(recommendation)) ?? recommendation,
    })
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ArmError(faults.invalidRequestContent(error.message))
  }
}

/** @throws {ArmError} 404: no VM, scale set, group or subscription. */
async function requireScope(tables: Tables, request: ArmRequest): Promise<Resource> {
  const found = await tables.resources.get(request.params.scope!)
  if (found === null || ![VM, SCALE_SET, GROUP, SUBSCRIPTION].includes(found.type))
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

function reply(status: number, row: Resource): ArmReply {
  return { status, body: view(row), headers: { ETag: entityTag(row) } }
}

function view(row: Resource): JsonObject {
  const { recommendation, category, reason, by, expires } = exemptionIn(row)
  return {
    ...{ id: row.id, name: row.name, type: EXEMPTION },
    properties: {
      ...{ recommendation, assessmentKey: assessmentKey(recommendation), category, reason, by },
      ...(expires !== null && { expiresOn: new Date(expires).toISOString() }),
    },
  }
}
