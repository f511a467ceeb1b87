import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../domain/caller.ts'
import { send } from './answer.ts'
import { eventOf, type Outcome, refusalOf } from './auditing.ts'
import type { Done } from './change.ts'
import type { FailedRequests } from './failed-requests.ts'
import { faultOf } from './fault-of.ts'
import { requestOf } from './request-of.ts'
import { type ArmReply, type ArmRequest, type Route, scopeOf } from './route.ts'
import type { ServerOptions } from './server-options.ts'

const RIGHT = /^[\w.]+\/[\w/]+$/

/** An endpoint: let in, handled, and each change and refusal audited with what came of it. @throws {Error} it names no right: nothing is served then. */
export function addRoute(
  app: FastifyInstance,
  options: ServerOptions,
  failures: FailedRequests,
  route: Route,
): void {
  if (!RIGHT.test(route.action)) throw new Error(`${route.method} ${route.path} names no right`)
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      await send(
        reply,
        await handled(options, failures, route, await admitted(options, failures, route, request)),
      )
      return reply
    },
  })
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

/** A change that its handler did not put into the audit with its own transaction is entered after it, like one that fails. */
async function handled(
  { store, now, changed }: ServerOptions,
  failures: FailedRequests,
  route: Route,
  asked: Omit<ArmRequest, 'audit'>,
): Promise<ArmReply> {
  const { action } = route
  const isChange = route.method !== 'GET' && route.isPiece !== true
  const { caller, correlationId, from } = asked
  const entry = { action, caller, correlationId, from, id: scopeOf(route, asked.params) }
  const write = (outcome: Outcome, audit = store.audit) =>
    audit.append(eventOf(entry, outcome, now()))
  let isEntered = false
  const audit: ArmRequest['audit'] = async (tables, done) => {
    isEntered = true
    await write(outcomeOf(done), tables.audit)
  }
  try {
    const answer = await route.handle({ ...asked, audit })
    if (isChange && !isEntered) await write(outcomeOf(answer))
    if (isChange) changed(action)
    return answer
  } catch (error) {
    const { status, code } = faultOf(error, asked.correlationId)
    const outcome = { status, result: code, operationId: null }
    if (isChange) await failures.enter(eventOf(entry, outcome, now()))
    throw error
  }
}

function outcomeOf({ status, operation }: Done): Outcome {
  const operationId = operation?.id ?? null
  return { status, result: operationId === null ? 'Succeeded' : 'Accepted', operationId }
}
