import { errorBody, faults } from '@trusted-launch/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HostElsewhere } from '../domain/host-driver.ts'
import { faultOf } from './fault-of.ts'
import { noSuchType } from './not-here.ts'
import { TooMany } from './patience.ts'
import type { ArmReply, Route } from './route.ts'
import type { ServerOptions } from './server-options.ts'

/** A lease that nobody renews is over by then, or nearly. */
const RETRY_SECONDS = 5
const GUID = /^[0-9a-f-]{36}$/i

export async function send(
  reply: FastifyReply,
  { status, headers, body }: ArmReply,
): Promise<void> {
  if (headers !== undefined) reply.headers(headers)
  await reply.code(status).send(body)
}

/** What the client calls what it does, or else the request. */
export function correlationOf(request: FastifyRequest): string {
  const given = request.headers['x-ms-correlation-request-id']
  return typeof given === 'string' && GUID.test(given) ? given.toLowerCase() : request.id
}

export function answerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const client = request.headers['x-ms-client-request-id']
  reply.header('x-ms-request-id', request.id)
  reply.header('x-ms-correlation-request-id', correlationOf(request))
  if (typeof client === 'string' && GUID.test(client))
    reply.header('x-ms-client-request-id', client)
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
}

/** The one place where an error becomes an answer. */
export function sendError(
  options: ServerOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const correlationId = correlationOf(request)
  const fault = faultOf(error, correlationId)
  if (fault.status >= 500 && !(error instanceof HostElsewhere))
    options.log.error({ err: error, correlationId }, 'a request failed')
  if (error instanceof TooMany) reply.header('retry-after', error.retryAfterSeconds)
  if (fault.status === 503) reply.header('retry-after', RETRY_SECONDS)
  if (fault.status === 401) reply.header('www-authenticate', challengeOf(options, request))
  return reply.code(fault.status).send(errorBody(fault))
}

/** Where a token is to be had: clients ask the tenant's authority that it names. @see RFC 6750 §3 */
function challengeOf(options: ServerOptions, request: FastifyRequest): string {
  const isGiven = request.headers.authorization !== undefined
  const why = isGiven
    ? 'The access token is missing, not of this service, or over.'
    : "The authentication failed because of missing 'Authorization' header."
  const reason = `error="invalid_token", error_description="${why}"`
  try {
    const authority = `${options.baseOf(request.headers.host)}/${options.tenantId}`
    return `Bearer authorization_uri="${authority}", ${reason}`
  } catch {
    return `Bearer ${reason}`
  }
}

/** Nothing is there, or it knows no such method: told to whom may be told anything. */
export function notFound(
  routes: readonly Route[],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const [path = '/'] = request.url.split('?')
  const [asked = '/'] = request.originalUrl.split('?')
  const isKnown = routes.some((route) => patternOf(route.path).test(path))
  const fault = isKnown ? faults.methodNotAllowed(request.method) : noSuchType(asked)
  return reply.code(fault.status).send(errorBody(fault))
}

function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part))
  return new RegExp(`^${parts.join('/').replaceAll('.', '\\.')}/?$`, 'i')
}
