import { ArmError } from '@trusted-launch/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { faultOf } from './fault-of.ts'
import type { Limits } from './limits.ts'
import type { ServerOptions } from './server-options.ts'

const MINUTE_MS = 60_000

/** Somebody asked too often. */
export class TooMany extends ArmError {
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super({ status: 429, code: 'TooManyRequests', message })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/**
 * Who asks, as long as there is patience with them: a principal has so many requests in a minute, whatever token each
 * comes with; an address that goes on sending tokens that are none is told so for the rest of it. Who has a good one
 * there is listened to all the same.
 */
export function patiently(
  app: FastifyInstance,
  authenticate: ServerOptions['authenticate'],
  { requestsPerMinute, failuresPerMinute }: Limits,
): ServerOptions['authenticate'] {
  const principals = new WeakMap<FastifyRequest, string>()
  const asked = app.createRateLimit({
    ...{ max: requestsPerMinute, timeWindow: MINUTE_MS },
    keyGenerator: (request) => `of ${principals.get(request)}`,
  })
  const failed = app.createRateLimit({
    ...{ max: failuresPerMinute, timeWindow: MINUTE_MS },
    keyGenerator: ({ ip }) => `failed ${ip}`,
  })
  return async (header, request, isUse) => {
    const caller = await authenticate(header, request, isUse).catch(async (error) => {
      if (faultOf(error, request.id).status === 401) await require(failed, request, NO_GOOD_TOKEN)
      throw error
    })
    principals.set(request, caller.objectId)
    await require(asked, request, `More than ${requestsPerMinute} requests in a minute.`)
    return caller
  }
}

/**
 * What no route answers, of one address: as many requests as of routes, and few that begin a sign-in, of which each
 * is kept until it is over.
 */
export function strangersOf(
  app: FastifyInstance,
  { addressRequestsPerMinute, signInsPerMinute }: Limits,
): (request: FastifyRequest) => Promise<void> {
  const limit = (max: number, what: string) =>
    app.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator: ({ ip }) => `${what} ${ip}` })
  const all = limit(addressRequestsPerMinute, 'stranger')
  const signIns = limit(signInsPerMinute, 'sign-in')
  return async (request) => {
    await require(all, request, 'Too many requests from this address.')
    const isSignIn = AUTHORIZE.test(request.url)
    if (isSignIn) await require(signIns, request, 'Too many sign-ins begun at this address.')
  }
}

/** Of either form of the issuer. */
const AUTHORIZE = /^[^?]*\/authorize(?:[/?]|$)/i
const NO_GOOD_TOKEN = 'Too many requests from this address had no good token.'

async function require(
  limit: ReturnType<FastifyInstance['createRateLimit']>,
  request: FastifyRequest,
  message: string,
): Promise<void> {
  const found = await limit(request)
  if (!found.isAllowed && found.isExceeded)
    throw new TooMany(`${message} Try again in ${found.ttlInSeconds} s.`, found.ttlInSeconds)
}
