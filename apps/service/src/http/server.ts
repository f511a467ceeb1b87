import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { addRoute } from './add-route.ts'
import { answerHeaders, correlationOf, notFound, sendError } from './answer.ts'
import { refusalsOf } from './auditing.ts'
import { addOpenRoutes } from './open-routes.ts'
import { patiently } from './patience.ts'
import { scopedPath } from './scoped-path.ts'
import type { ServerOptions } from './server-options.ts'

const BODY_BYTES_MAX = 1 << 20
/** Of an upload. */
const PIECE_BYTES_MAX = 4 << 20
const REQUEST_MS_MAX = 30_000
const IDLE_MS_MAX = 65_000
const PARAMETER_MAX = 2048
const REQUESTS_PER_MINUTE = 12_000

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
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: PIECE_BYTES_MAX },
    (_, body, done) => done(null, body),
  )
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
  const refused = refusalsOf(app, options.store.audit, options.now)
  for (const route of options.routes) addRoute(app, { ...options, authenticate }, refused, route)
  addOpenRoutes(app, options)
  return app
}
