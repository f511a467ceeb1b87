import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { CONSOLES_PATH } from '@trusted-launch/api'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { addRoute } from './add-route.ts'
import { answerHeaders, correlationOf, notFound, sendError } from './answer.ts'
import { FailedRequests } from './failed-requests.ts'
import { LIMITS, type Limits } from './limits.ts'
import { addOpenRoutes } from './open-routes.ts'
import { patiently, strangersOf } from './patience.ts'
import { addPage } from './portal/page.ts'
import { addPortalRoutes } from './portal/routes.ts'
import { sessionCaller } from './portal/session-caller.ts'
import { scopedPath } from './scoped-path.ts'
import type { ServerOptions } from './server-options.ts'
import { strictJson } from './strict-json.ts'
import { plainJson } from './template-json.ts'

const PARAMETER_MAX = 2048
/** How often connections are looked through for those that take too long. */
const CHECK_MS = 1_000
const FLUSH_MS = 60_000

/** The HTTPS server: one place for who may ask, what may be sent, and how an error looks. Not listening yet. */
export async function serverOf(options: ServerOptions): Promise<FastifyInstance> {
  const limits = { ...LIMITS, ...options.limits }
  const app = fastify({
    https: {
      ...options.tls,
      handshakeTimeout: limits.handshakeMs,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
      // Any other offer to go on by another protocol is not taken up, and answered as if there were none.
      shouldUpgradeCallback: ({ url }) => url === CONSOLES_PATH,
    },
    loggerInstance: options.log as never,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.idleMs,
    rewriteUrl: ({ url }) => scopedPath(url ?? '/'),
    routerOptions: { caseSensitive: false, maxParamLength: PARAMETER_MAX },
    genReqId: () => randomUUID(),
  }) as unknown as FastifyInstance
  app.server.maxConnections = limits.connections
  await app.register(helmet, { crossOriginResourcePolicy: false })
  await app.register(rateLimit, {
    max: limits.addressRequestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: ({ ip }) => ip,
  })
  await app.register(cookie)
  addParsers(app, limits)
  const strangers = strangersOf(app, limits)
  app.addHook('onRequest', async (request, reply) => {
    if (!options.issuer.claims(request.url)) return
    await strangers(request)
    reply.hijack()
    await options.issuer.handle(request.raw, reply.raw)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    answerHeaders(request, reply)
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, originalUrl, id } = request
    const [path] = originalUrl.split('?')
    const route = request.routeOptions.url ?? 'none'
    const isStream = options.routes.some((one) => one.isStream === true && one.path === route)
    if (!isStream) options.metrics.request(method, route, reply.statusCode, reply.elapsedTime)
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
  const authenticate = patiently(app, authenticatorOf(options), limits)
  app.setNotFoundHandler({ preHandler: strangers }, async (request, reply) => {
    await authenticate(request.headers.authorization, request)
    return notFound(options.routes, request, reply)
  })
  const failures = failuresOf(app, options)
  options.answering?.({ ...options, failures })
  for (const route of options.routes) addRoute(app, { ...options, authenticate }, failures, route)
  addOpenRoutes(app, options)
  await addPortal(app, { ...options, authenticate })
  return app
}

async function addPortal(app: FastifyInstance, options: ServerOptions): Promise<void> {
  const { portal, baseOf, authenticate, log } = options
  if (portal === undefined) return
  const failed = (err: unknown) => log.warn({ err }, 'a sign-in at the portal failed')
  addPortalRoutes(app, { ...portal, baseOf, authenticate, failed })
  if (portal.folder !== null) await addPage(app, portal.folder)
}

/** By a token, or, of a page of the portal, by its browser's session. */
function authenticatorOf({ authenticate, portal }: ServerOptions): ServerOptions['authenticate'] {
  if (portal === undefined) return authenticate
  return async (header, request, isUse) => {
    const bySession =
      header === undefined ? await sessionCaller(portal.sessions, request, isUse) : null
    return bySession ?? authenticate(header, request)
  }
}

/** What is counted of an hour is told soon after it, and before the server ends. */
function failuresOf(app: FastifyInstance, { store, now, log }: ServerOptions): FailedRequests {
  const failures = new FailedRequests(store.audit, now)
  const untold = (err: unknown) => log.error({ err }, 'failed requests are not in the audit')
  const flushing = setInterval(() => void failures.flush().catch(untold), FLUSH_MS).unref()
  app.addHook('onClose', async () => {
    clearInterval(flushing)
    await failures.close().catch(untold)
  })
  return failures
}

function addParsers(app: FastifyInstance, { pieceBytes }: Limits): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    ({ routeOptions }, body, done) => {
      const { isTemplate = false } = routeOptions.config as { isTemplate?: boolean }
      // That takes a while: not before it is known who asks.
      if (isTemplate) return done(null, () => strictJson(body as Buffer, plainJson))
      try {
        done(null, strictJson(body as Buffer))
      } catch (error) {
        done(error as Error)
      }
    },
  )
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: pieceBytes },
    (_, body, done) => done(null, body),
  )
}
