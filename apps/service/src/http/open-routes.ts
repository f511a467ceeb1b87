import { ArmError, faults, openApiOf } from '@trusted-launch/api'
import type { FastifyInstance } from 'fastify'
import { addAccessRoutes } from './access-bytes.ts'
import { send } from './answer.ts'
import { endpointsMetadata } from './metadata.ts'
import { queryOf } from './request-of.ts'
import type { ServerOptions } from './server-options.ts'

/** Metrics are for who watches from this machine. */
const LOOPBACK = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** What is asked without a token: what clients need before they have one, and who watches the service. */
export function addOpenRoutes(
  app: FastifyInstance,
  { baseOf, isReady, diagnostics, diskBytes, documents, metrics, routes }: ServerOptions,
): void {
  app.get('/metadata/endpoints', async (request) => {
    const { 'api-version': version = '2015-01-01' } = queryOf(request.query)
    return endpointsMetadata(baseOf(request.headers.host), version)
  })
  app.get('/diagnostics/:machine/:file', async ({ params, query }, reply) => {
    await send(reply, await diagnostics(params as never, queryOf(query)))
    return reply
  })
  if (diskBytes !== undefined) addAccessRoutes(app, diskBytes)
  let contract: string | null = null
  app.get('/openapi.json', async (_, reply) => {
    contract ??= JSON.stringify(openApiOf(routes))
    return reply.type('application/json; charset=utf-8').send(contract)
  })
  for (const [path, { type, text }] of Object.entries(documents))
    app.get(path, async (_, reply) => reply.type(type).send(await text()))
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
