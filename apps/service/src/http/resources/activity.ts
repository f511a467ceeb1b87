import { ArmError, faults } from '@trusted-launch/api'
import { requireSubscription } from '../../domain/groups.ts'
import type { Audit, AuditEntry, JsonObject } from '../../domain/store.ts'
import { clausesOf } from '../filter.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

const PAGE = 200
/** The audit is of all that is done: of what lies in a subscription there is none by itself. */
const WHOLE = /^\/(?:subscriptions\/[^/]+)?$/i

const EVENTS = 'providers/Microsoft.Insights/eventtypes/management/values'

/**
 * Who changed what, when, from where and with what result: the audit, as Azure's activity log: the newest first. What
 * lies in no subscription (principals, roles at `/`, the host) is in the tenant's.
 */
export function activityRoutes(ground: Ground): Route[] {
  // All of it is read and hashed: who asks while that is under way gets the same answer.
  let verifying: ReturnType<Audit['verify']> | null = null
  const list = (path: string): Route => ({
    ...{ method: 'GET', path, action: 'Microsoft.Insights/eventtypes/values/read' },
    handle: (request) => events(ground, request),
  })
  return [
    list(`/subscriptions/:subscriptionId/${EVENTS}`),
    list(`/${EVENTS}`),
    {
      method: 'POST',
      path: '/:scope/providers/TrustedLaunch/audit/verify',
      action: 'TrustedLaunch/audit/verify/action',
      handle: async (request) => {
        if (!WHOLE.test(request.params.scope!))
          throw new ArmError(faults.resourceNotFound(request.id))
        verifying ??= ground.store.audit.verify().finally(() => {
          verifying = null
        })
        return { status: 200, body: await verifying }
      },
    },
  ]
}

async function events({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { subscriptionId = null } = request.params
  if (subscriptionId !== null) await requireSubscription(store, subscriptionId)
  const { $filter = '', $skiptoken } = request.query
  const after = $skiptoken === undefined ? undefined : Number($skiptoken)
  if (after !== undefined && !Number.isSafeInteger(after))
    throw new ArmError(faults.invalidParameter('$skiptoken'))
  const { group, ...query } = filterOf($filter)
  const found = await store.audit.list({
    ...{ subscriptionId, ...query },
    ...{ newestFirst: true, limit: PAGE + 1 },
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
  const value = page.filter((one) => group === undefined || isInGroup(one, group)).map(view)
  return { status: 200, body: { value, ...nextLink } }
}

function isInGroup({ resourceId }: AuditEntry, group: string): boolean {
  return /\/resourceGroups\/([^/]+)/i.exec(resourceId)?.[1]?.toLowerCase() === group.toLowerCase()
}

interface Asked {
  from?: number
  to?: number
  resourceId?: string
  /** Of a page those in it: a page may hold fewer, even none. */
  group?: string
}

/** `eventTimestamp ge … and eventTimestamp le … and resourceUri eq '…'` @throws {ArmError} another. */
function filterOf(filter: string): Asked {
  const result: Asked = {}
  for (const { name, verb, value } of clausesOf(filter) ?? refused(filter)) {
    const key = `${name} ${verb}`
    if (['resourceuri eq', 'resourceid eq'].includes(key)) result.resourceId = value
    else if (key === 'resourcegroupname eq') result.group = value
    else if (key === 'eventtimestamp ge') result.from = timeOf(value)
    else if (key === 'eventtimestamp le') result.to = timeOf(value)
    else if (key !== 'eventchannels eq') refused(filter)
  }
  return result
}

function refused(filter: string): never {
  throw new ArmError(faults.invalidFilter(filter))
}

/** A time without a zone is UTC: so Azure's command line has it. */
function timeOf(text: string): number {
  const time = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text)
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
    count,
  } = entry
  const time = new Date(at).toISOString()
  return {
    id: `${resourceId}/events/${hash}/ticks/${at}`,
    ...{ caller, correlationId, operationId: operationId ?? correlationId, resourceId },
    ...(subscriptionId !== null && { subscriptionId }),
    claims: { 'http://schemas.microsoft.com/identity/claims/objectidentifier': principal },
    eventTimestamp: time,
    submissionTimestamp: time,
    eventDataId: String(sequence),
    level: status < 400 ? 'Informational' : 'Error',
    operationName: { value: action, localizedValue: action },
    status: { value: result, localizedValue: result },
    subStatus: { value: String(status), localizedValue: String(status) },
    httpRequest: { clientIpAddress: from },
    properties: { hash, ...(count !== undefined && { count: String(count) }) },
  }
}
