import { ArmError, faults } from '@trusted-launch/api'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../domain/caller.ts'
import { admit, apiVersionOf, requireNames } from './admission.ts'
import { correlationOf } from './answer.ts'
import { objectOf } from './json-body.ts'
import { type ArmRequest, idOf, type Route, scopeOf } from './route.ts'
import type { ServerOptions } from './server-options.ts'

/** In this order, once it is known who asks: what is asked of which version, whether they may, and what they sent. */
export async function requestOf(
  options: ServerOptions,
  route: Route,
  request: FastifyRequest,
  caller: Caller,
): Promise<Omit<ArmRequest, 'audit'>> {
  const base = options.baseOf(request.headers.host)
  const query = queryOf(request.query)
  const apiVersion = apiVersionOf(query)
  const params = request.params as Record<string, string>
  requireNames(params)
  await admit(options.authorizer, caller, route.action, scopeOf(route, params))
  const given = typeof request.body === 'function' ? request.body() : request.body
  const bytes = given instanceof Uint8Array ? given : null
  if (bytes !== null && route.isPiece !== true)
    throw new ArmError(faults.invalidRequestContent('application/json was expected'))
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  const lastEventId = request.headers['last-event-id']
  return {
    ...{ method: route.method, params, query, apiVersion, caller, base },
    again: (isUse = false) => options.authenticate(request.headers.authorization, request, isUse),
    id: idOf(route, params),
    body: bytes === null ? objectOf(given) : null,
    bytes,
    ifMatch: ifMatch ?? null,
    ifNoneMatch: ifNoneMatch ?? null,
    ...(typeof lastEventId === 'string' && { lastEventId }),
    correlationId: correlationOf(request),
    from: request.ip,
  }
}

/** Names in lower case; of one given twice the first. */
export function queryOf(query: unknown): Record<string, string> {
  const entries = Object.entries(query as Record<string, string | string[]>)
  return Object.fromEntries(
    entries.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value[0]! : value]),
  )
}
