import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { GROUP, SUBSCRIPTION } from '../../domain/groups.ts'
import type { Event, Resource, Tables } from '../../domain/store.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

const READ = 'TrustedLaunch/events/read'
/** Who may see what an event is about may hear of it. */
const RIGHTS: Readonly<Record<Event['kind'], string>> = {
  alert: 'Microsoft.Security/alerts/read',
  operation: 'TrustedLaunch/operations/read',
  vm: 'Microsoft.Compute/virtualMachines/read',
}

/** What happens in a subscription or group, as it happens. */
export function eventRoutes(ground: Ground): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/:scope/providers/TrustedLaunch/events', action: READ },
      isStream: true,
      handle: (request) => listen(ground, request),
    },
  ]
}

async function listen(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id: scope, subscriptionId } = await requireScope(ground.store, request)
  const { caller } = request
  const may = async (action: string) =>
    (await ground.authorizer.access(caller, action, scope)) === 'granted'
  const kinds = Object.entries(RIGHTS)
  const allowed = async () => {
    const each = await Promise.all(kinds.map(([, action]) => may(action)))
    return new Set(kinds.filter((_, i) => each[i]).map(([kind]) => kind))
  }
  let seen = await allowed()
  const below = `${keyOf(scope)}/`
  const body = await ground.feed.open({
    ...{ principal: caller.objectId, subscriptionId, after: lastIn(request) },
    isFor: ({ kind, resourceId }) => seen.has(kind) && keyOf(`${resourceId}/`).startsWith(below),
    mayStay: async () => {
      await request.again?.()
      seen = await allowed()
      return may(READ)
    },
  })
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body }
}

/** By the header that a client sends when it comes back, or by the parameter. @throws {ArmError} 400 */
function lastIn({ lastEventId, query }: ArmRequest): number | null {
  const text = lastEventId ?? query.lasteventid
  if (text === undefined) return null
  if (!/^\d{1,15}$/.test(text)) throw new ArmError(faults.invalidParameter('lastEventId'))
  return Number(text)
}

/** @throws {ArmError} 404: no subscription or group. */
async function requireScope(tables: Tables, request: ArmRequest): Promise<Resource> {
  const found = await tables.resources.get(request.params.scope!)
  if (found === null || ![GROUP, SUBSCRIPTION].includes(found.type))
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}
