import { ArmError } from '@trusted-launch/api'
import type { FastifyInstance } from 'fastify'
import type { ServerOptions } from './server-options.ts'

const FAILURES_PER_MINUTE = 300
const TOO_MANY_FAILURES = {
  status: 429,
  code: 'TooManyRequests',
  message: 'Too many requests from this address had no good token. Try again in a minute.',
}

/** An address that goes on sending tokens that are none is not listened to for the rest of the minute. */
export function patiently(
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
