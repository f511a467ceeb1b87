import type { FastifyInstance } from 'fastify'
import { send } from './answer.ts'
import { faultOf } from './fault-of.ts'
import { requestOf } from './request-of.ts'
import type { ArmReply, Route } from './route.ts'
import type { Outcome, ServerOptions } from './server-options.ts'

/** An endpoint: let in, handled, and each change audited with what came of it. */
export function addRoute(app: FastifyInstance, options: ServerOptions, route: Route): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const asked = await requestOf(options, route, request)
      const isChange = route.method !== 'GET' && route.isPiece !== true
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

function outcomeOf({ status, headers }: ArmReply): Outcome {
  const operationId = /\/operations\/([^/?]+)/i.exec(headers?.['Azure-AsyncOperation'] ?? '')?.[1]
  const result = operationId === undefined ? 'Succeeded' : 'Accepted'
  return { status, result, operationId: operationId ?? null }
}
