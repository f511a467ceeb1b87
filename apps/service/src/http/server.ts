import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { ArmError, errorBody, faults } from '@trusted-launch/api'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import type { Authorizer, Caller } from '../domain/caller.ts'
import { admit, apiVersionOf, requireNames } from './admission.ts'
import { faultOf } from './fault-of.ts'
import { objectOf } from './json-body.ts'
import { endpointsMetadata } from './metadata.ts'
import type { Metrics } from './metrics.ts'
import { type ArmReply, type ArmRequest, idOf, type Route, scopeOf } from './route.ts'
import { scopedPath } from './scoped-path.ts'

export interface ServerOptions {
  /** PEM; the key never leaves this process. */
  readonly tls: { readonly key: string; readonly cert: string }
  readonly log: Logger
  readonly routes: readonly Route[]
  readonly authorizer: Authorizer
  /** Who asks, by the `Authorization` header. @throws {ArmError} 401 */
  readonly authenticate: (header: string | undefined, request: FastifyRequest) => Promise<Caller>
  /** The configured address that a request was sent to. @throws {ArmError} one that is not ours. */
  readonly baseOf: (host: string | undefined) => string
  /** Told of each change that was asked for, with what came of it. */
  readonly audit: (request: ArmRequest, action: string, reply: Outcome) => Promise<void>
  /** Answers what it claims by itself, before anything is read: the built-in issuer. */
  readonly issuer: {
    claims(url: string): boolean
    handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  }
  /** What a signed URI of a console or screen leads to. @throws {ArmError} */
  readonly diagnostics: (
    params: { machine: string; file: string },
    query: Readonly<Record<string, string>>,
  ) => Promise<ArmReply>
  /** Whether the service does its work: `/health/ready`. */
  readonly isReady: () => Promise<boolean>
  readonly metrics: Metrics
  /** How often one principal may ask in a minute. */
  readonly requestsPerMinute?: number
}

/** What an audit tells of an answer. */
export interface Outcome {
  readonly status: number
  readonly result: string
  readonly operationId: string | null
}

const BODY_BYTES_MAX = 1 << 20
const REQUEST_MS_MAX = 30_000
const IDLE_MS_MAX = 65_000
const PARAMETER_MAX = 2048
const REQUESTS_PER_MINUTE = 12_000
/** Metrics are for who watches from this machine. */
const LOOPBACK = ['127.0.0.1', '::1', '::ffff:127.0.0.1']
const FAILURES_PER_MINUTE = 300
const TOO_MANY_FAILURES = {
  status: 429,
  code: 'TooManyRequests',
  message: 'Too many requests from this address had no good token. Try again in a minute.',
}
const GUID = /^[0-9a-f-]{36}$/i

/** The HTTPS server: one place for who may ask, what may be sent, and how an error looks. Not listening yet. */
export async function serverOf(options: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    https: options.tls,
    loggerInstance: options.log as never,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: IDLE_MS_MAX,
    keepAliveTimeout: IDLE_MS_MAX,
    rewriteUrl: ({ url }) => scopedPath(url ?? '/'),
    routerOptions: { caseSensitive: false, maxParamLength: PARAMETER_MAX },
    genReqId: () => randomUUID(),
  }) as unknown as FastifyInstance
  await app.register(helmet, { crossOriginResourcePolicy: false })
  await app.register(rateLimit, {
    max: options.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    keyGenerator: ({ headers, ip }) => headers.authorization ?? ip,
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!options.issuer.claims(request.url)) return
    reply.hijack()
    await options.issuer.handle(request.raw, reply.raw)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    answerHeaders(request, reply)
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url, id } = request
    const [path] = url.split('?')
    const route = request.routeOptions.url ?? 'none'
    options.metrics.request(method, route, reply.statusCode, reply.elapsedTime)
    options.log.info({
      method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      correlationId: correlationOf(request),
      requestId: id,
    })
    done()
  })
  app.setErrorHandler((error, request, reply) => sendError(options, error, request, reply))
  app.setNotFoundHandler((request, reply) => notFound(options.routes, request, reply))
  const authenticate = patiently(app, options.authenticate)
  for (const route of options.routes) addRoute(app, { ...options, authenticate }, route)
  addOpenRoutes(app, options)
  return app
}

/** What is asked without a token: what clients need before they have one, and who watches the service. */
function addOpenRoutes(
  app: FastifyInstance,
  { baseOf, isReady, diagnostics, metrics }: ServerOptions,
): void {
  app.get('/metadata/endpoints', async (request) => {
    const { 'api-version': version = '2015-01-01' } = queryOf(request.query)
    return endpointsMetadata(baseOf(request.headers.host), version)
  })
  app.get('/diagnostics/:machine/:file', async ({ params, query }, reply) => {
    await send(reply, await diagnostics(params as never, queryOf(query)))
    return reply
  })
  app.get('/metrics', async ({ ip }, reply) => {
    if (!LOOPBACK.includes(ip)) throw new ArmError(faults.invalidResourceType('/metrics'))
    return reply.type(metrics.contentType).send(await metrics.text())
  })
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_, reply) => {
    const ready = await isReady()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' })
  })
}

/** An address that goes on sending tokens that are none is not listened to for the rest of the minute. */
function patiently(
  app: FastifyInstance,
  authenticate: ServerOptions['authenticate'],
): ServerOptions['authenticate'] {
  const failures = app.createRateLimit({
    max: FAILURES_PER_MINUTE,
    timeWindow: 60_000,
    keyGenerator: ({ ip }) => `failed ${ip}`,
  })
  return async (header, request) => {
    const before = await failures(request, { increment: false })
    if (!before.isAllowed && before.isExceeded) throw new ArmError(TOO_MANY_FAILURES)
    try {
      return await authenticate(header, request)
    } catch (error) {
      await failures(request)
      throw error
    }
  }
}

function addRoute(app: FastifyInstance, options: ServerOptions, route: Route): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const asked = await admitted(options, route, request)
      const isChange = route.method !== 'GET'
      try {
        const answer = await route.handle(asked)
        if (isChange) await options.audit(asked, route.action, outcomeOf(answer))
        await send(reply, answer)
      } catch (error) {
        const fault = faultOf(error, asked.correlationId)
        if (isChange)
          await options.audit(asked, route.action, {
            status: fault.status,
            result: fault.code,
            operationId: null,
          })
        throw error
      }
      return reply
    },
  })
}

/** In this order: who asks, what is asked of which version, whether they may, and what they sent. */
async function admitted(
  options: ServerOptions,
  route: Route,
  request: FastifyRequest,
): Promise<ArmRequest> {
  const caller = await options.authenticate(request.headers.authorization, request)
  const base = options.baseOf(request.headers.host)
  const query = queryOf(request.query)
  const apiVersion = apiVersionOf(query)
  const params = request.params as Record<string, string>
  requireNames(params)
  await admit(options.authorizer, caller, route.action, scopeOf(route, params))
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  return {
    ...{ method: route.method, params, query, apiVersion, caller, base },
    id: idOf(route, params),
    body: objectOf(request.body),
    ifMatch: ifMatch ?? null,
    ifNoneMatch: ifNoneMatch ?? null,
    correlationId: correlationOf(request),
    from: request.ip,
  }
}

/** Names in lower case; of one given twice the first. */
function queryOf(query: unknown): Record<string, string> {
  const entries = Object.entries(query as Record<string, string | string[]>)
  return Object.fromEntries(
    entries.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value[0]! : value]),
  )
}

function outcomeOf({ status, headers }: ArmReply): Outcome {
  const operationId = /\/operations\/([^/?]+)/i.exec(headers?.['Azure-AsyncOperation'] ?? '')?.[1]
  const result = operationId === undefined ? 'Succeeded' : 'Accepted'
  return { status, result, operationId: operationId ?? null }
}

async function send(reply: FastifyReply, { status, headers, body }: ArmReply): Promise<void> {
  if (headers !== undefined) reply.headers(headers)
  await reply.code(status).send(body)
}

function correlationOf(request: FastifyRequest): string {
  const given = request.headers['x-ms-correlation-request-id']
  return typeof given === 'string' && GUID.test(given) ? given.toLowerCase() : request.id
}

function answerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const client = request.headers['x-ms-client-request-id']
  reply.header('x-ms-request-id', request.id)
  reply.header('x-ms-correlation-request-id', correlationOf(request))
  if (typeof client === 'string' && GUID.test(client))
    reply.header('x-ms-client-request-id', client)
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
}

function sendError(
  options: ServerOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const correlationId = correlationOf(request)
  const fault = faultOf(error, correlationId)
  if (fault.status >= 500) options.log.error({ err: error, correlationId }, 'a request failed')
  if (fault.status === 401)
    reply.header('www-authenticate', challengeOf(error, options.baseOf, request))
  return reply.code(fault.status).send(errorBody(fault))
}

function challengeOf(
  error: unknown,
  baseOf: ServerOptions['baseOf'],
  request: FastifyRequest,
): string {
  try {
    const reason =
      error instanceof ArmError && request.headers.authorization !== undefined
        ? ', error="invalid_token"'
        : ''
    return `Bearer authorization_uri="${baseOf(request.headers.host)}"${reason}`
  } catch {
    return 'Bearer'
  }
}

function notFound(
  routes: readonly Route[],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const [path = '/'] = request.url.split('?')
  const isKnown = routes.some((route) => patternOf(route.path).test(path))
  const fault = isKnown ? faults.methodNotAllowed(request.method) : faults.invalidResourceType(path)
  return reply.code(fault.status).send(errorBody(fault))
}

function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part))
  return new RegExp(`^${parts.join('/').replaceAll('.', '\\.')}/?$`, 'i')
}
