import { ArmError, faults, keyOf, REASON_MAX } from '@trusted-launch/api'
import type { AlertAction, SuppressionRule } from '@trusted-launch/posture'
import { ALERT, changeKeptAlert } from '../../domain/alerts.ts'
import { everyOf } from '../../domain/every-of.ts'
import { GROUP, SUBSCRIPTION } from '../../domain/groups.ts'
import { simulateAlerts } from '../../domain/sample-alerts.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { rulesOf } from '../../domain/suppressing.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { pageOf } from '../page.ts'
import { requireLocation } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { alertView } from './alert-view.ts'

/** Azure's three, and ours: its clients know no work in progress. */
const actions: Readonly<Record<string, AlertAction>> = {
  dismiss: 'dismiss',
  resolve: 'resolve',
  activate: 'activate',
  inProgress: 'start',
}

/** Alerts of a subscription or group, and what people do about one. */
export function alertRoutes(ground: Ground): Route[] {
  const route = routesOf('Microsoft.Security')
  const all = '/:scope/providers/Microsoft.Security/alerts'
  const located = '/:scope/providers/Microsoft.Security/locations/:location/alerts'
  const one = `${located}/:name`
  return [
    route('GET', all, 'alerts/read', (request) => list(ground, request)),
    route('GET', located, 'alerts/read', (request) => list(ground, request)),
    route('GET', one, 'alerts/read', (request) => get(ground, request)),
    route('POST', `${located}/default/simulate`, 'alerts/simulate/action', (request) =>
      simulate(ground, request),
    ),
    ...Object.entries(actions).map(([name, action]) =>
      route('POST', `${one}/${name}`, `alerts/${name}/action`, (request) =>
        act(ground, request, action),
      ),
    ),
  ]
}

async function list(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { store, now } = ground
  const { type, subscriptionId, resourceGroup } = await requireScope(store, request)
  const within = {
    ...{ type: ALERT, subscriptionId },
    ...(type === GROUP && { resourceGroup: resourceGroup! }),
  }
  const rules = await rulesOf(store, subscriptionId)
  return pageOf(
    request,
    (after, limit) => store.resources.list({ ...within, limit, ...(after !== null && { after }) }),
    (row) => shown(ground, request, row, rules, now()),
    (row) => isThere(row, request.params.location),
  )
}

async function get(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const row = await requireAlert(ground.store, request)
  const rules = await rulesOf(ground.store, row.subscriptionId)
  return { status: 200, body: await shown(ground, request, row, rules, ground.now()) }
}

/** Clients of Azure send no body; `{"reason": "…"}` says why. */
async function act(ground: Ground, request: ArmRequest, action: AlertAction): Promise<ArmReply> {
  const { caller, correlationId, body } = request
  const why = body?.reason ?? 'no reason given'
  if (typeof why !== 'string' || why.length > REASON_MAX)
    throw new ArmError(faults.invalidParameter('reason'))
  const reason = `${why} (request ${correlationId})`
  return change(ground, request, async (tables) => {
    const row = await requireAlert(tables, request)
    const asked = { action, by: caller.name, reason, time: ground.now() }
    const refusal = await changeKeptAlert(tables, row, asked)
    if (refusal !== null) throw new ArmError(faults.operationNotAllowed(refusal.message))
    return { status: 204 }
  })
}

/** Azure's clients name bundles; of all there are, ours is that of VMs. */
async function simulate(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { kind, bundles } = (request.body?.properties ?? {}) as JsonObject
  if (kind !== 'Bundles' || !Array.isArray(bundles) || !bundles.includes('VirtualMachines'))
    throw new ArmError(faults.invalidParameter('properties.bundles'))
  requireLocation(ALERT, ground, request.params.location!, null)
  await change(ground, request, async (tables) => {
    const scope = await requireScope(tables, request)
    if (scope.type !== SUBSCRIPTION) throw new ArmError(faults.resourceNotFound(request.id))
    await simulateAlerts(tables, scope, ground.location, ground.now())
    return { status: 204 }
  })
  ground.delivery.wake()
  return { status: 204 }
}

/** What the guest showed of its inside is for who may read its evidence. */
async function shown(
  { authorizer }: Ground,
  request: ArmRequest,
  row: Resource,
  rules: readonly SuppressionRule[],
  now: number,
) {
  const right = await authorizer.access(
    request.caller,
    'TrustedLaunch/evidence/read',
    row.parentId!,
  )
  return alertView(row, { base: request.base, rules, now, isWhole: right === 'granted' })
}

/** @throws {ArmError} 404: no group or subscription. */
async function requireScope({ resources }: Tables, request: ArmRequest): Promise<Resource> {
  const found = await resources.get(request.params.scope!)
  if (found === null || (found.type !== GROUP && found.type !== SUBSCRIPTION))
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

/** By the id it has, in its group; or by its name, in the subscription. @throws {ArmError} 404 */
async function requireAlert(tables: Tables, request: ArmRequest): Promise<Resource> {
  const { scope, location, name } = request.params
  const { type, subscriptionId } = await requireScope(tables, request)
  if (type === GROUP) {
    const id = `${scope}/providers/Microsoft.Security/locations/${location}/alerts/${name}`
    const found = await tables.resources.get(id)
    if (found !== null) return found
  } else {
    for await (const row of everyOf(tables, { type: ALERT, subscriptionId }))
      if (keyOf(row.name) === keyOf(name!) && isThere(row, location)) return row
  }
  throw new ArmError(faults.resourceNotFound(request.id))
}

function isThere({ location }: Resource, asked: string | undefined): boolean {
  return asked === undefined || keyOf(location ?? '') === keyOf(asked)
}
