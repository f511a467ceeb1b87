import type { Fault } from '@trusted-launch/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../domain/caller.ts'
import type { Audit, AuditEvent } from '../domain/store.ts'
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

/** What of refusals is written in an hour: a flood fills no disk. Of one caller, or of an address without one. */
const REFUSALS_PER_HOUR = 60
/** Of all together. */
const REFUSALS_OF_ALL_PER_HOUR = 2_000
const HOUR_MS = 3_600_000
const ID_MAX = 1024
const SUBSCRIPTION = /^\/subscriptions\/([^/]+)/i

/** @param audit of the change's own transaction, where there is one. */
export async function enter(
  audit: Pick<Audit, 'append'>,
  { id, caller, ...asked }: Asked,
  outcome: Outcome,
  at: number,
): Promise<void> {
  await audit.append({
    ...{ at, ...asked, ...outcome, resourceId: id },
    principal: caller?.objectId ?? '-',
    caller: caller?.name ?? '-',
    subscriptionId: SUBSCRIPTION.exec(id)?.[1] ?? null,
  })
}

/** Who was not let in, or not there, is in the audit too, as long as there is no flood of it. */
export type Refusals = (
  request: FastifyRequest,
  route: Route,
  caller: Caller | null,
  fault: Fault,
) => Promise<void>

export function refusalsOf(
  app: FastifyInstance,
  audit: Pick<Audit, 'append'>,
  now: () => number,
): Refusals {
  const limit = (max: number, keyGenerator: (request: FastifyRequest) => string) =>
    app.createRateLimit({ max, timeWindow: HOUR_MS, keyGenerator })
  const own = limit(REFUSALS_PER_HOUR, (request) => `refused ${keyOf(request)}`)
  const all = limit(REFUSALS_OF_ALL_PER_HOUR, () => 'refused')
  const callers = new WeakMap<FastifyRequest, string>()
  const keyOf = (request: FastifyRequest) => callers.get(request) ?? request.ip
  return async (request, route, caller, { status, code: result }) => {
    if (![401, 403, 404].includes(status)) return
    if (caller !== null) callers.set(request, caller.objectId)
    for (const each of [own, all]) {
      const found = await each(request)
      if (!found.isAllowed && found.isExceeded) return
    }
    const id = scopeOf(route, request.params as Record<string, string>).slice(0, ID_MAX)
    const asked = { id, caller, action: route.action, from: request.ip }
    const outcome = { status, result, operationId: null }
    await enter(audit, { ...asked, correlationId: correlationOf(request) }, outcome, now())
  }
}
