import { LIMITS } from '@trusted-launch/template'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../domain/caller.ts'
import { send } from './answer.ts'
import { answered } from './answered.ts'
import { refusalOf } from './auditing.ts'
import type { FailedRequests } from './failed-requests.ts'
import { faultOf } from './fault-of.ts'
import { requestOf } from './request-of.ts'
import type { ArmReply, ArmRequest, Route } from './route.ts'
import type { ServerOptions } from './server-options.ts'

const RIGHT = /^[\w.]+\/[\w/]+$/

/** An endpoint: let in, handled, and each change and refusal audited with what came of it. @throws {Error} it names no right: nothing is served then. */
export function addRoute(
  app: FastifyInstance,
  options: ServerOptions,
  failures: FailedRequests,
  route: Route,
): void {
  const answering = { ...options, failures }
  if (!RIGHT.test(route.action)) throw new Error(`${route.method} ${route.path} names no right`)
  app.route({
    method: route.method,
    url: route.path,
    ...(route.isTemplate === true && {
      ...{ bodyLimit: LIMITS.templateBytes, config: { isTemplate: true } },
    }),
    handler: async (request, reply) => {
      const answer = await answered(
        answering,
        route,
        await admitted(options, failures, route, request),
      )
      await send(reply, request.method === 'HEAD' ? thereOf(answer) : answer)
      return reply
    },
  })
}

/** What only asks whether it is there is told so, as Azure's clients understand it. @see Azure, "Resource Groups - Check Existence" */
function thereOf({ status, headers }: ArmReply): ArmReply {
  return { status: status === 200 ? 204 : status, ...(headers !== undefined && { headers }) }
}

/** @throws {ArmError} told to the audit where it is a matter of rights. */
async function admitted(
  options: ServerOptions,
  failures: FailedRequests,
  route: Route,
  request: FastifyRequest,
): Promise<Omit<ArmRequest, 'audit'>> {
  let caller: Caller | null = null
  try {
    caller = await options.authenticate(request.headers.authorization, request)
    return await requestOf(options, route, request, caller)
  } catch (error) {
    const fault = faultOf(error, request.id)
    const refusal = refusalOf(request, route, caller, fault, options.now())
    if (refusal !== null) await failures.enter(refusal)
    throw error
  }
}
