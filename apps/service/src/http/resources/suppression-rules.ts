import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import {
  checkSuppressionRule,
  type SuppressionRule,
  stateOfRule,
  suppressing,
} from '@trusted-launch/posture'
import { ALERT, alertOf } from '../../domain/alerts.ts'
import type { AlertEventData } from '../../domain/events.ts'
import { everyOf } from '../../domain/every-of.ts'
import { SUBSCRIPTION } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { noteRuleEnded } from '../../domain/shown-again.ts'
import type { Json, JsonObject, Resource, Tables } from '../../domain/store.ts'
import { SUPPRESSION_RULE as RULE, ruleOf } from '../../domain/suppressing.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

/** Of a dry run, and of what was hidden. */
const NAMED_MAX = 1000
const PAGE = 1000
const NAME = /^[\w][\w .()-]{0,127}$/

/** Which alerts of a subscription nobody is to be told of. */
export function suppressionRoutes(ground: Ground): Route[] {
  const route = routesOf(RULE)
  const path = `/:scope/providers/${RULE}`
  return [
    route('GET', path, 'read', (request) => list(ground, request)),
    route('GET', `${path}/:name`, 'read', (request) => get(ground, request)),
    route('PUT', `${path}/:name`, 'write', (request) => put(ground, request)),
    route('DELETE', `${path}/:name`, 'delete', (request) => remove(ground, request)),
    route('GET', `${path}/:name/hidden`, 'hidden/read', (request) => hidden(ground, request)),
    route('POST', `${path}/:name/dryRun`, 'dryRun/action', (request) => dryRun(ground, request)),
  ]
}

async function list({ store, now }: Ground, request: ArmRequest): Promise<ArmReply> {
  const scope = await requireScope(store, request)
  const wanted = keyOf(request.query.alerttype ?? '')
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({
        type: RULE,
        parentId: scope.id,
        limit,
        ...(after !== null && { after }),
      }),
    (row) => view(row, now()),
    (row) => wanted === '' || keyOf(ruleOf(row).alertType) === wanted,
  )
}

async function get({ store, now }: Ground, request: ArmRequest): Promise<ArmReply> {
  return replyOf(await requireRule(store, request), now())
}

async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const rule = ruleIn(request)
  const time = ground.now()
  const state = { rule: rule as unknown as Json }
  return change(ground, request, async (tables) => {
    const { id: parentId, subscriptionId } = await requireScope(tables, request)
    await requireUnlocked(tables, request.id, 'write')
    const reply = (row: Resource) => replyOf(row, time)
    if ((await tables.resources.get(request.id)) !== null) {
      await noteRuleEnded(tables, subscriptionId, time)
      return reply(await tables.resources.update(request.id, { state }, time))
    }
    const made = await tables.resources.insert(
      {
        ...{ id: request.id, type: RULE, name: rule.name, subscriptionId, parentId, state },
        ...{ resourceGroup: null, location: null, tags: {}, envelope: {}, properties: {} },
        ...{ provisioningState: 'Succeeded', createdAt: time },
      },
      time,
    )
    return reply(made)
  })
}

/** @throws {ArmError} 400 */
function ruleIn({ body, params }: ArmRequest): SuppressionRule {
  const given = (body?.properties ?? {}) as JsonObject
  const of = (name: string) =>
    Object.entries(given).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1] ?? null
  if (!NAME.test(params.name!)) throw new ArmError(faults.invalidParameter('name'))
  const expires = of('expirationDateUtc')
  try {
    return checkSuppressionRule({
      name: params.name,
      alertType: of('alertType'),
      state: of('state') === 'Expired' ? 'Disabled' : of('state'),
      expires: expires === null ? null : Date.parse(String(expires)),
      reason: of('reason'),
      comment: of('comment'),
      allOf: conditionsIn(of('suppressionAlertsScope')),
    })
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ArmError(faults.invalidRequestContent(error.message))
  }
}

/** None where no scope is given; one that says them otherwise than Azure's clients do would hide every alert of its type. */
function conditionsIn(scope: Json): Json {
  if (scope === null) return []
  const [[name = '', conditions = null] = [], ...more] = Object.entries(scope)
  if (name !== 'allOf' || !Array.isArray(conditions) || more.length > 0)
    throw new MalformedError('suppressionAlertsScope', 0, 'it is an object of allOf, a list, alone')
  return conditions
}

async function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    const { subscriptionId } = await requireScope(tables, request)
    await requireUnlocked(tables, request.id, 'delete')
    if (await tables.resources.delete(request.id))
      await noteRuleEnded(tables, subscriptionId, ground.now())
    return { status: 204 }
  })
}

/** Which alerts that are there a rule would hide: it is not kept, and counts as enabled. The first thousand are named. */
async function dryRun({ store, now }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { subscriptionId } = await requireScope(store, request)
  const rule = { ...ruleIn(request), state: 'Enabled' } as const
  const hidden: JsonObject[] = []
  let count = 0
  for await (const row of everyOf(store, { type: ALERT, subscriptionId })) {
    const alert = alertOf(row)
    if (suppressing(alert, [rule], now()) === null) continue
    count++
    const { type: alertType, cause, vm } = alert
    if (hidden.length < NAMED_MAX) hidden.push({ id: row.id, alertType, cause, vm })
  }
  return { status: 200, body: { count, value: hidden } }
}

/**
 * What a rule kept from being told, as long as events are kept: also one that is gone, or was another one then. `after`
 * is the number of the last one seen.
 */
async function hidden({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { subscriptionId } = await requireScope(store, request)
  const from = Number(request.query.after ?? 0)
  if (!Number.isSafeInteger(from)) throw new ArmError(faults.invalidParameter('after'))
  const value: JsonObject[] = []
  for (let after = from; value.length < NAMED_MAX; ) {
    const query = { after, subscriptionId, kind: 'alert', limit: PAGE } as const
    const events = await store.events.list(query)
    for (const event of events) {
      const { what, alert, suppressedBy } = event.data as unknown as AlertEventData
      if (keyOf(suppressedBy ?? '') !== keyOf(request.params.name!)) continue
      const { type: alertType, cause, vm } = alert
      const time = new Date(event.at).toISOString()
      value.push({
        sequence: event.sequence,
        time,
        id: event.resourceId,
        what,
        alertType,
        cause,
        vm,
      })
    }
    if (events.length < PAGE) break
    after = events.at(-1)!.sequence
  }
  return { status: 200, body: { value } }
}

async function requireRule(tables: Tables, request: ArmRequest): Promise<Resource> {
  await requireScope(tables, request)
  const found = await tables.resources.get(request.id)
  if (found === null) throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

/** @throws {ArmError} 404: no subscription. */
async function requireScope(tables: Tables, request: ArmRequest): Promise<Resource> {
  const found = await tables.resources.get(request.params.scope!)
  if (found === null || found.type !== SUBSCRIPTION)
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

function replyOf(row: Resource, now: number): ArmReply {
  return { status: 200, body: view(row, now), headers: { ETag: entityTag(row) } }
}

function view(row: Resource, now: number): JsonObject {
  const { id, name, changedAt } = row
  const rule = ruleOf(row)
  const { alertType, expires, reason, comment, allOf } = rule
  return {
    ...{ id, name, type: RULE },
    properties: {
      ...{ alertType, reason, state: stateOfRule(rule, now) },
      lastModifiedUtc: new Date(changedAt).toISOString(),
      ...(expires !== null && { expirationDateUtc: new Date(expires).toISOString() }),
      ...(comment !== null && { comment }),
      ...(allOf.length > 0 && { suppressionAlertsScope: { allOf: allOf as unknown as Json } }),
    },
  }
}
