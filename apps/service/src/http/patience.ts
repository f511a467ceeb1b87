import { ArmError } from '@trusted-launch/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
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
 * comes with; an address that goes on sending tokens that are none is not listened to for the rest of it.
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
  return async (header, request) => {
    const before = await failed(request, { increment: false })
    if (!before.isAllowed && before.isExceeded)
      throw new TooMany(
        'Too many requests from this address had no good token. Try again in a minute.',
        before.ttlInSeconds,
      )
    const caller = await authenticate(header, request).catch(async (error) => {
      await failed(request)
      throw error
    })
    principals.set(request, caller.objectId)
    const now = await asked(request)
    if (!now.isAllowed && now.isExceeded)
      throw new TooMany(
        `More than ${requestsPerMinute} requests in a minute. Try again in ${now.ttlInSeconds} seconds.`,
        now.ttlInSeconds,
      )
    return caller
  }
}
