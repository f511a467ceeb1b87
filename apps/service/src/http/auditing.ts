import type { Fault } from '@trusted-launch/api'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../domain/caller.ts'
import type { AuditEvent } from '../domain/store.ts'
import { correlationOf } from './answer.ts'
import { type Route, scopeOf } from './route.ts'

/** What came of a request, for its entry. */
export type Outcome = Pick<AuditEvent, 'status' | 'result' | 'operationId'>

/** Who asked for what, from where; `caller` null: nobody knows. */
interface Asked extends Pick<AuditEvent, 'action' | 'correlationId' | 'from'> {
  /** Of what it was asked: the resource, for an action too. */
  readonly id: string
  readonly caller: Caller | null
}

const ID_MAX = 1024
const SUBSCRIPTION = /^\/subscriptions\/([^/]+)/i

/** The entry of a request. */
export function eventOf({ id, caller, ...asked }: Asked, outcome: Outcome, at: number): AuditEvent {
  const resourceId = id.slice(0, ID_MAX)
  return {
    ...{ at, ...asked, ...outcome, resourceId },
    principal: caller?.objectId ?? '-',
    caller: caller?.name ?? '-',
    subscriptionId: SUBSCRIPTION.exec(resourceId)?.[1] ?? null,
  }
}

/** Who was not let in, or not there; null: it failed for another reason, and is no refusal. */
export function refusalOf(
  request: FastifyRequest,
  route: Route,
  caller: Caller | null,
  { status, code: result }: Fault,
  at: number,
): AuditEvent | null {
  if (![401, 403, 404].includes(status)) return null
  const id = scopeOf(route, request.params as Record<string, string>)
  const asked = { id, caller, action: route.action, from: request.ip }
  const outcome = { status, result, operationId: null }
  return eventOf({ ...asked, correlationId: correlationOf(request) }, outcome, at)
}
