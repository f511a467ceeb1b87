import { ArmError, faults } from '@trusted-launch/api'
import { requireSubscription } from '../../domain/groups.ts'
import type { AuditEntry, JsonObject } from '../../domain/store.ts'
import { clausesOf } from '../filter.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

const PAGE = 200

/** Who changed what, when, from where and with what result: the audit, as Azure's activity log. */
export function activityRoutes(ground: Ground): Route[] {
  return [
    {
      method: 'GET',
      path: '/subscriptions/:subscriptionId/providers/Microsoft.Insights/eventtypes/management/values',
      action: 'Microsoft.Insights/eventtypes/values/read',
      handle: (request) => events(ground, request),
    },
    {
      method: 'POST',
      path: '/:scope/providers/TrustedLaunch/audit/verify',
      action: 'TrustedLaunch/audit/verify/action',
      handle: async () => ({ status: 200, body: await ground.store.audit.verify() }),
    },
  ]
}

async function events({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const subscriptionId = request.params.subscriptionId!
  await requireSubscription(store, subscriptionId)
  const { $filter = '', $skiptoken } = request.query
  const after = $skiptoken === undefined ? undefined : Number($skiptoken)
  if (after !== undefined && !Number.isSafeInteger(after))
    throw new ArmError(faults.invalidParameter('$skiptoken'))
  const found = await store.audit.list({
    subscriptionId,
    ...filterOf($filter),
    limit: PAGE + 1,
    ...(after !== undefined && { after }),
  })
  const page = found.slice(0, PAGE)
  const next = new URLSearchParams({
    'api-version': request.apiVersion,
    $filter,
    $skiptoken: String(page.at(-1)?.sequence),
  })
  const nextLink =
    found.length > PAGE ? { nextLink: `${request.base}${encodeURI(request.id)}?${next}` } : {}
  return { status: 200, body: { value: page.map(view), ...nextLink } }
}

/** `eventTimestamp ge '…' and eventTimestamp le '…' and resourceUri eq '…'` @throws {ArmError} another. */
function filterOf(filter: string): { from?: number; to?: number; resourceId?: string } {
  const result: { from?: number; to?: number; resourceId?: string } = {}
  for (const { name, verb, value } of clausesOf(filter) ?? refused(filter)) {
    const key = `${name} ${verb}`
    if (['resourceuri eq', 'resourceid eq'].includes(key)) result.resourceId = value
    else if (key === 'eventtimestamp ge') result.from = timeOf(value)
    else if (key === 'eventtimestamp le') result.to = timeOf(value)
    else if (key !== 'eventchannels eq') refused(filter)
  }
  return result
}

function refused(filter: string): never {
  throw new ArmError(faults.invalidFilter(filter))
}

function timeOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new ArmError(faults.invalidParameter('eventTimestamp'))
  return time
}

function view(entry: AuditEntry): JsonObject {
  const {
    sequence,
    hash,
    at,
    principal,
    caller,
    action,
    resourceId,
    subscriptionId,
    result,
    status,
    from,
    correlationId,
    operationId,
  } = entry
  const time = new Date(at).toISOString()
  return {
    id: `${resourceId}/events/${hash}/ticks/${at}`,
    ...{
      caller,
      correlationId,
      operationId: operationId ?? correlationId,
      subscriptionId,
      resourceId,
    },
    claims: { 'http://schemas.microsoft.com/identity/claims/objectidentifier': principal },
    eventTimestamp: time,
    submissionTimestamp: time,
    eventDataId: String(sequence),
    level: status < 400 ? 'Informational' : 'Error',
    operationName: { value: action, localizedValue: action },
    status: { value: result, localizedValue: result },
    subStatus: { value: String(status), localizedValue: String(status) },
    httpRequest: { clientIpAddress: from },
    properties: { hash },
  }
}
